namespace DmaBuf.Machine;

/// <summary>A bridge of the PCI tree: a root port, or an upstream or downstream port of a switch.</summary>
/// <remarks>Immutable but for the removal; safe for all threads.</remarks>
public sealed class PciPort
{
    private readonly PciNode _node;

    internal PciPort(PciNode node, PciPortKind kind, PciPort? upstream, IReadOnlyList<PciFunction> functions)
    {
        _node = node;
        Kind = kind;
        Upstream = upstream;
        Functions = functions;
    }

    /// <summary>Domain, bus, device and function.</summary>
    public string Address => _node.Address;

    /// <summary>Which kind of bridge it is.</summary>
    public PciPortKind Kind { get; }

    /// <summary>The bridge above; null for a root port.</summary>
    public PciPort? Upstream { get; }

    /// <summary>Its access control bits.</summary>
    public PciAccessControl AccessControl => _node.AccessControl;

    /// <summary>All endpoint functions below it, those behind switches and the virtual ones included, in the order of their addresses.</summary>
    public IReadOnlyList<PciFunction> Functions { get; }

    /// <summary>
    /// Removes all that is below the port, as if its link were cut (<c>pciehp</c>) or its slot were emptied in order. Those with the highest addresses go first, virtual
    /// functions before their physical one. After a surprise no driver is told before the last access to and by any of them has ended.
    /// </summary>
    /// <param name="kind">Whether drivers are told before or after.</param>
    /// <returns>What each function's removal did, in the order in which they were made.</returns>
    /// <exception cref="DmaBufException">EDEADLK: called from a register's callback; nothing was removed.</exception>
    public IReadOnlyList<PciRemoval> RemoveBelow(PciRemovalKind kind = PciRemovalKind.Surprise)
    {
        foreach (PciFunction function in Functions)
        {
            function.EndVirtualFunctions();
        }

        return PciSubtree.Remove(Functions, kind);
    }

    /// <summary>Address and kind.</summary>
    public override string ToString() => $"{Address} ({Kind})";
}
