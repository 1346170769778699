namespace DmaBuf.Machine;

/// <summary>
/// A driver's attachments by buffer and device: who attaches the same pair again gets the one that is there. The device is asked of the attachment itself
/// (<c>dma_buf_sgt_dma_device</c>, patches 14 and 15), so another device's attachment to the same buffer is never taken for it.
/// </summary>
/// <remarks>
/// Lock order: its lock is an importer's, inside reservations, so nothing of a buffer is called under it. Two threads that attach a pair at once both attach; the second
/// gives its own back.
/// </remarks>
internal sealed class SharedAttachments(DmaBufferImporter importer)
{
    private readonly Lock _lock = new();
    private readonly List<Shared> _attachments = [];

    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _attachments.Count;
            }
        }
    }

    internal ScatterGatherAttachment Attach(DmaBuffer buffer, IDmaDevice device)
    {
        if (TryShare(buffer, device, null) is { } present)
        {
            return present;
        }

        ScatterGatherAttachment made = buffer.Attach(importer, ScatterGatherMappingType.Request(device));
        ScatterGatherAttachment kept = TryShare(buffer, device, made)!;
        if (!ReferenceEquals(kept, made))
        {
            made.Dispose();
        }

        return kept;
    }

    /// <exception cref="DmaBufException">EPERM: this pair is not attached.</exception>
    internal ScatterGatherAttachment Find(DmaBuffer buffer, IDmaDevice device)
    {
        lock (_lock)
        {
            return Require(buffer, device).Attachment;
        }
    }

    /// <summary>Gives one attach back; the last detaches.</summary>
    /// <exception cref="DmaBufException">EPERM: this pair is not attached; EBUSY: a transfer is under way, nothing changed.</exception>
    internal void Detach(DmaBuffer buffer, IDmaDevice device)
    {
        Shared shared;
        lock (_lock)
        {
            shared = Require(buffer, device);
            if (shared.Users > 1)
            {
                shared.Users--;
                return;
            }

            _attachments.Remove(shared);
        }

        try
        {
            shared.Attachment.Detach();
        }
        catch (DmaBufException)
        {
            lock (_lock)
            {
                _attachments.Add(shared);
            }

            throw;
        }
    }

    private ScatterGatherAttachment? TryShare(DmaBuffer buffer, IDmaDevice device, ScatterGatherAttachment? made)
    {
        lock (_lock)
        {
            if (Match(buffer, device) is { } shared)
            {
                shared.Users++;
                return shared.Attachment;
            }

            if (made is not null)
            {
                _attachments.Add(new Shared(made));
            }

            return made;
        }
    }

    private Shared? Match(DmaBuffer buffer, IDmaDevice device)
        => _attachments.Find(one => ReferenceEquals(one.Attachment.Buffer, buffer) && ReferenceEquals(one.Attachment.Device, device));

    private Shared Require(DmaBuffer buffer, IDmaDevice device) => Match(buffer, device)
        ?? throw new DmaBufException(Errno.EPERM, $"'{importer}' has not attached {device.Name} to '{buffer}'. Attach first; another device's attachment does not count.");

    private sealed class Shared(ScatterGatherAttachment attachment)
    {
        internal ScatterGatherAttachment Attachment => attachment;

        internal int Users { get; set; } = 1;
    }
}
