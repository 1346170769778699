namespace DmaBuf;

/// <content>Invalidation: dynamic importers are told that the memory moves.</content>
public sealed partial class DmaBuffer
{
    /// <summary>
    /// Tells every dynamic importer that its mappings are about to go stale (<c>dma_buf_invalidate_mappings</c>). The exporter calls it with the lock held before it
    /// moves the memory, and then waits for the fences of usage BOOKKEEP, and for unmaps, before the old place is reused.
    /// </summary>
    /// <param name="held">The proof that the lock is held.</param>
    /// <exception cref="DmaBufException">
    /// EBUSY: the memory is pinned, or mapped by a static importer, so it must not move; nobody was told. ENODEV: revoked.
    /// </exception>
    public void Invalidate(in ReservationLock held)
    {
        Reservation.ThrowIfNotHeldBy(in held);
        if (_life.Phase != BufferPhase.Live)
        {
            throw new DmaBufException(Errno.ENODEV, $"Moving '{DisplayName}' was refused: it is {_life.Phase.ToString().ToLowerInvariant()}.");
        }

        for (Attachment? attachment = _attachments; attachment is not null; attachment = attachment.Next)
        {
            AttachmentStatus status = attachment.Status;
            if (status.Pins > 0 || (!attachment.IsDynamic && status.LiveMappings > 0))
            {
                throw new DmaBufException(
                    Errno.EBUSY,
                    $"Moving '{DisplayName}' was refused: '{attachment.Importer}' holds it in place with {status.Pins} pins and {status.LiveMappings} mappings. Wait until it lets go.");
            }
        }

        TellImporters(InvalidateReason.Move, held.Lend());
    }

    private void TellImporters(InvalidateReason reason, ReservationLock held)
    {
        // A callback may unmap, map or dispose, so the list is walked from a copy.
        foreach (Attachment attachment in AttachmentsLocked())
        {
            if (attachment.Phase != AttachmentPhase.Listed)
            {
                continue;
            }

            if (reason != InvalidateReason.Unrevoke)
            {
                attachment.InvalidateLocked(reason);
            }

            if (attachment.IsDisposed || attachment.Importer is not DynamicImporter importer)
            {
                continue;
            }

            try
            {
                importer.OnInvalidate(attachment, reason, in held);
            }
            catch (Exception exception)
            {
                ReportBrokenPromise($"telling '{importer}' to let go", exception);
            }
        }
    }

    private List<Attachment> AttachmentsLocked()
    {
        List<Attachment> attachments = new(_attachmentCount);
        for (Attachment? attachment = _attachments; attachment is not null; attachment = attachment.Next)
        {
            attachments.Add(attachment);
        }

        return attachments;
    }
}
