namespace DmaBuf;

/// <summary>The exporter's operations for <see cref="CpuMappingType"/>: the role of <c>mmap</c> and <c>vmap</c>.</summary>
/// <remarks>Threads: called with the reservation lock held, by one thread at a time for a buffer and side by side for several.</remarks>
public interface ICpuOperations
{
    /// <summary>
    /// Whether <see cref="CpuMemory.TryOverlay"/> of what <see cref="MapCpu"/> returns takes the memory away from those who are inside. True: the attachment is
    /// <see cref="Revocability.Enforced"/>; false, the default: <see cref="Revocability.Cooperative"/>, so a revoke that finds somebody inside at its deadline can only quarantine.
    /// Does not change; read once an attachment.
    /// </summary>
    bool CanOverlay => false;

    /// <summary>Maps the whole buffer for the CPU. Called with the reservation lock held.</summary>
    /// <param name="attachment">The attachment that maps.</param>
    /// <param name="access">What was agreed on.</param>
    /// <param name="held">The proof that the lock is held.</param>
    /// <returns>A fresh object each time, owned by the mapping; its dispose is the unmap.</returns>
    /// <exception cref="DmaBufException">ENOMEM and others: nothing is mapped.</exception>
    CpuMemory MapCpu(CpuAttachment attachment, CpuAccess access, in ReservationLock held);
}
