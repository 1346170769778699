namespace DmaBuf;

/// <summary>What the attachment's base remembers of a mapping; guarded by the reservation lock.</summary>
[Flags]
internal enum MappingFlags : byte
{
    None = 0,

    /// <summary>The exporter pinned for it, and has to unpin.</summary>
    Pinned = 1,

    /// <summary>A move made it stale.</summary>
    Invalidated = 2,

    /// <summary>On its attachment's list and counted.</summary>
    Linked = 4,

    /// <summary>Undone; whoever else was about to undo it does nothing.</summary>
    TornDown = 8,

    /// <summary>Taken away under accesses; what is left is freed when the importer unmaps.</summary>
    Taken = 16,

    /// <summary>Ended by a revoke's force: a late unmap succeeds and does nothing.</summary>
    Forced = 32,
}
