namespace DmaBuf;

/// <summary>An exporter whose memory can move, and which can be told to keep it in place (<c>pin</c> and <c>unpin</c>).</summary>
/// <remarks>Threads: called by one thread at a time for a buffer and side by side for several.</remarks>
public interface IPinningExporter
{
    /// <summary>
    /// Moves the memory to where this attachment reaches it, and keeps it there until as many unpins. Called with the reservation lock held: around each
    /// map of a static importer, or by a dynamic one that asks.
    /// </summary>
    /// <exception cref="DmaBufException">EBUSY: pinned elsewhere for somebody else; ENOMEM: no room where it would have to go.</exception>
    void Pin(Attachment attachment, in ReservationLock held);

    /// <summary>Undoes one <see cref="Pin"/>. Called with the reservation lock held. Must not throw.</summary>
    void Unpin(Attachment attachment, in ReservationLock held);
}
