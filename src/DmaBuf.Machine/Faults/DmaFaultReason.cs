namespace DmaBuf.Machine;

/// <summary>Why the machine stopped a device or caught a driver.</summary>
public enum DmaFaultReason
{
    /// <summary>Nothing is mapped for the device at the address: never mapped, unmapped already, or an address of the wrong kind.</summary>
    NotMapped,

    /// <summary>Something is mapped there, but not for this access.</summary>
    Permission,

    /// <summary>RAM was mapped as device memory or device memory as RAM: on hardware this corrupts caches silently.</summary>
    MemoryType,

    /// <summary>The translation leads to a physical address at which nothing answers.</summary>
    NoTarget,

    /// <summary>The transfer runs past the last address that the device can form.</summary>
    OutOfReach,

    /// <summary>
    /// An unmap or release named an address, length, direction or attribute that no live mapping has. The calls never throw, so that this
    /// is where the mistake becomes visible; nothing was unmapped that was not mapped so.
    /// </summary>
    UnmapMismatch,

    /// <summary>The function that the access is by, or to whose BAR it leads, was removed.</summary>
    Removed,

    /// <summary>The driver aborted the transfer; the address is the one that it had reached.</summary>
    Aborted,

    /// <summary>A <see cref="DmaFaultInjection"/> made the access fail.</summary>
    Injected,

    /// <summary>A device without an IOMMU was to be synchronised with memory that is not mapped for it; nothing was moved.</summary>
    SynchronizeMismatch,
}
