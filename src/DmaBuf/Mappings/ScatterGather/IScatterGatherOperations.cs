namespace DmaBuf;

/// <summary>The exporter's operations for <see cref="ScatterGatherMappingType"/> (<c>struct dma_buf_mapping_sgt_exp_ops</c>).</summary>
/// <remarks>Threads: called with the reservation lock held, by one thread at a time for a buffer and side by side for several.</remarks>
public interface IScatterGatherOperations
{
    /// <summary>Maps the buffer for the attachment's device. Called with the reservation lock held.</summary>
    /// <param name="attachment">The attachment that maps; its device is the importing one.</param>
    /// <param name="direction">Which accesses the device may make.</param>
    /// <param name="held">The proof that the lock is held.</param>
    /// <returns>The table and how it is undone, a fresh object each time; null is reported as ENOMEM.</returns>
    /// <exception cref="DmaBufException">The exporter's errno; nothing is mapped.</exception>
    ScatterGatherBacking? MapScatterGather(ScatterGatherAttachment attachment, DmaDirection direction, in ReservationLock held);

    /// <summary>Undoes one map, with the same direction. Called with the reservation lock held. Must not throw.</summary>
    void UnmapScatterGather(ScatterGatherAttachment attachment, ScatterGatherBacking backing, DmaDirection direction, in ReservationLock held);
}
