namespace DmaBuf.Machine;

/// <summary>
/// Shows the same for a device that reads: a USB function whose endpoint sends buffers to the host. Mirrors functionfs (patch 15), whose two places that look for an
/// attachment — attach, and every later request — ask it for its device by the accessor.
/// </summary>
/// <remarks>Attaching a pair again gives the same attachment, and as many detaches end it. Safe for all threads.</remarks>
public sealed class FunctionEndpointImporter : DmaBufferImporter
{
    private readonly SharedAttachments _attachments;

    /// <summary>Makes the function, without attachments.</summary>
    public FunctionEndpointImporter()
        : base("usb function") => _attachments = new SharedAttachments(this);

    /// <summary>Pairs of buffer and device that are attached.</summary>
    public int AttachmentCount => _attachments.Count;

    /// <summary>Attaches a pair, or finds it attached (<c>FUNCTIONFS_DMABUF_ATTACH</c>).</summary>
    /// <param name="buffer">The buffer.</param>
    /// <param name="controller">The USB controller's DMA engine.</param>
    /// <exception cref="DmaBufException">As <see cref="DmaBuffer.Attach(DmaBufferImporter, MappingRequestList)"/>.</exception>
    public ScatterGatherAttachment Attach(DmaBuffer buffer, DmaEngineDevice controller)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        ArgumentNullException.ThrowIfNull(controller);
        return _attachments.Attach(buffer, controller);
    }

    /// <summary>The controller reads the buffer and sends it (<c>FUNCTIONFS_DMABUF_TRANSFER</c>).</summary>
    /// <param name="buffer">The buffer.</param>
    /// <param name="controller">The USB controller's DMA engine.</param>
    /// <param name="packet">Receives what the host gets, from the buffer's start.</param>
    /// <exception cref="DmaBufException">EPERM: the pair is not attached; EINVAL: too many bytes; else what mapping or the device reported.</exception>
    public void Send(DmaBuffer buffer, DmaEngineDevice controller, Span<byte> packet)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        ArgumentNullException.ThrowIfNull(controller);
        ScatterGatherAttachment attachment = _attachments.Find(buffer, controller);
        TableTransfer.RequireInside(buffer, 0, packet.Length);
        using ScatterGatherMapping mapping = attachment.MapScatterGather(DmaDirection.ToDevice);
        TableTransfer.Read(controller, mapping, 0, packet);
    }

    /// <summary>Gives one attach of a pair back (<c>FUNCTIONFS_DMABUF_DETACH</c>).</summary>
    /// <param name="buffer">The buffer.</param>
    /// <param name="controller">The USB controller's DMA engine.</param>
    /// <exception cref="DmaBufException">EPERM: the pair is not attached; EBUSY: a transfer is under way.</exception>
    public void Detach(DmaBuffer buffer, DmaEngineDevice controller)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        ArgumentNullException.ThrowIfNull(controller);
        _attachments.Detach(buffer, controller);
    }
}
