namespace DmaBuf.Machine;

/// <summary>How a function leaves the machine.</summary>
public enum PciRemovalKind
{
    /// <summary>Pulled out: drivers hear of it when it is gone.</summary>
    Surprise,

    /// <summary>Announced: drivers hear of it while it still works.</summary>
    Orderly,
}
