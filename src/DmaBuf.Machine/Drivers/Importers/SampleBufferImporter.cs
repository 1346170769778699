namespace DmaBuf.Machine;

/// <summary>
/// Shows a static importer that programs steer by (buffer, device): samples of an analogue converter go into buffers that were attached before. Mirrors IIO's DMA buffers
/// (patch 14), whose three places that look for an attachment — attach, detach, enqueue — ask it for its device by the accessor.
/// </summary>
/// <remarks>Attaching a pair again gives the same attachment, and as many detaches end it. Safe for all threads.</remarks>
public sealed class SampleBufferImporter : DmaBufferImporter
{
    private readonly SharedAttachments _attachments;

    /// <summary>Makes the driver, without attachments.</summary>
    public SampleBufferImporter()
        : base("sample buffer") => _attachments = new SharedAttachments(this);

    /// <summary>Pairs of buffer and device that are attached.</summary>
    public int AttachmentCount => _attachments.Count;

    /// <summary>Attaches a pair, or finds it attached (<c>IIO_BUFFER_DMABUF_ATTACH_IOCTL</c>).</summary>
    /// <param name="buffer">The buffer.</param>
    /// <param name="device">The converter's DMA engine.</param>
    /// <exception cref="DmaBufException">As <see cref="DmaBuffer.Attach(DmaBufferImporter, MappingRequestList)"/>.</exception>
    public ScatterGatherAttachment Attach(DmaBuffer buffer, DmaEngineDevice device)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        ArgumentNullException.ThrowIfNull(device);
        return _attachments.Attach(buffer, device);
    }

    /// <summary>The device stores samples in the buffer (<c>IIO_BUFFER_DMABUF_ENQUEUE_IOCTL</c>).</summary>
    /// <param name="buffer">The buffer.</param>
    /// <param name="device">The converter's DMA engine.</param>
    /// <param name="samples">At most as many bytes as the buffer has; from its start.</param>
    /// <exception cref="DmaBufException">EPERM: the pair is not attached; EINVAL: too many bytes; else what mapping or the device reported.</exception>
    public void Capture(DmaBuffer buffer, DmaEngineDevice device, ReadOnlySpan<byte> samples)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        ArgumentNullException.ThrowIfNull(device);
        ScatterGatherAttachment attachment = _attachments.Find(buffer, device);
        TableTransfer.RequireInside(buffer, 0, samples.Length);
        using ScatterGatherMapping mapping = attachment.MapScatterGather(DmaDirection.FromDevice);
        TableTransfer.Write(device, mapping, 0, samples);
    }

    /// <summary>Gives one attach of a pair back (<c>IIO_BUFFER_DMABUF_DETACH_IOCTL</c>).</summary>
    /// <param name="buffer">The buffer.</param>
    /// <param name="device">The converter's DMA engine.</param>
    /// <exception cref="DmaBufException">EPERM: the pair is not attached; EBUSY: a transfer is under way.</exception>
    public void Detach(DmaBuffer buffer, DmaEngineDevice device)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        ArgumentNullException.ThrowIfNull(device);
        _attachments.Detach(buffer, device);
    }
}
