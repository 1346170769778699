namespace DmaBuf.Machine;

/// <summary>Where a bridge stands in the tree.</summary>
public enum PciPortKind
{
    /// <summary>At the host bridge.</summary>
    RootPort,

    /// <summary>The side of a switch that looks to the host bridge.</summary>
    SwitchUpstream,

    /// <summary>A side of a switch that looks away from it.</summary>
    SwitchDownstream,
}
