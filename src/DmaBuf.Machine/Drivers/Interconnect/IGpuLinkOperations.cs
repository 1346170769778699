namespace DmaBuf.Machine;

/// <summary>What an exporter on a <see cref="GpuLink"/> has to do.</summary>
/// <remarks>Threads: called by one thread at a time for a buffer, with its reservation lock held.</remarks>
public interface IGpuLinkOperations
{
    /// <summary>Opens a window on the whole buffer for the importer.</summary>
    /// <param name="attachment">Who maps.</param>
    /// <param name="held">The proof that the lock is held.</param>
    /// <param name="cost">What it did cost.</param>
    /// <exception cref="DmaBufException">The exporter's errno; nothing is open.</exception>
    GpuLinkRange OpenWindow(GpuLinkAttachment attachment, in ReservationLock held, out MappingCost cost);

    /// <summary>Closes the window. Must not throw.</summary>
    /// <param name="attachment">Who unmaps.</param>
    /// <param name="window">As it was opened.</param>
    /// <param name="held">The proof that the lock is held.</param>
    void CloseWindow(GpuLinkAttachment attachment, GpuLinkRange window, in ReservationLock held);
}
