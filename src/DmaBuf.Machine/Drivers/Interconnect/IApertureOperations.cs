namespace DmaBuf.Machine;

/// <summary>What a virtual function's exporter has to do.</summary>
/// <remarks>Threads: called by one thread at a time for a buffer, with its reservation lock held.</remarks>
public interface IApertureOperations
{
    /// <summary>Tells which bytes of the aperture the buffer is.</summary>
    /// <param name="attachment">Who maps.</param>
    /// <param name="held">The proof that the lock is held.</param>
    /// <returns>In the order of the buffer's bytes.</returns>
    /// <exception cref="DmaBufException">The exporter's errno; nothing is mapped.</exception>
    IReadOnlyList<ApertureRange> MapAperture(ApertureAttachment attachment, in ReservationLock held);

    /// <summary>Undoes one map. Must not throw.</summary>
    /// <param name="attachment">Who unmaps.</param>
    /// <param name="held">The proof that the lock is held.</param>
    void UnmapAperture(ApertureAttachment attachment, in ReservationLock held);
}
