namespace DmaBuf;

/// <summary>
/// An importer that can be told to let go (<c>dma_buf_attach_ops</c> with an invalidation callback). It maps without pinning, and the exporter may move
/// or take away the memory at any time.
/// </summary>
/// <remarks>Threads: <see cref="OnInvalidate"/> is called by one thread at a time for a buffer and side by side for several.</remarks>
public abstract class DynamicImporter : DmaBufferImporter
{
    /// <summary>Makes a dynamic importer.</summary>
    /// <param name="name">The name that dumps and failures show; not blank.</param>
    protected DynamicImporter(string name)
        : base(name)
    {
    }

    /// <summary>
    /// The attachment's present mappings are no longer good (<c>invalidate_mappings</c>, formerly <c>move_notify</c>). Called <b>with the reservation
    /// lock held</b>: it may unmap and map again with <paramref name="held"/>, and must not wait for anything that needs the lock. It may arrive before
    /// Attach has returned, which is why it carries the attachment; it does not arrive any more once the attachment was disposed.
    /// </summary>
    /// <param name="attachment">The attachment whose mappings are meant.</param>
    /// <param name="reason">Why. After <see cref="InvalidateReason.Revoke"/> a new map fails with ENODEV.</param>
    /// <param name="held">The proof that the lock is held; good until this call returns. Disposing it does nothing: the lock is the exporter's.</param>
    /// <remarks>
    /// The importer may go on using the old mapping until the fences that it added have signalled, and must unmap within bounded time. An exception is
    /// reported to the registry and counts as not having let go.
    /// </remarks>
    protected internal abstract void OnInvalidate(Attachment attachment, InvalidateReason reason, in ReservationLock held);
}
