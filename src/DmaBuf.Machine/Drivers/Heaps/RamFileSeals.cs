namespace DmaBuf.Machine;

/// <summary>What can never happen to a <see cref="RamFile"/> again (<c>F_SEAL_…</c>).</summary>
[Flags]
public enum RamFileSeals
{
    /// <summary>Nothing is excluded.</summary>
    None = 0,

    /// <summary>No further seals.</summary>
    Seal = 1,

    /// <summary>It never gets shorter: pages that a device uses cannot vanish.</summary>
    Shrink = 2,

    /// <summary>It is never written again: devices could not be held to that.</summary>
    Write = 8,
}
