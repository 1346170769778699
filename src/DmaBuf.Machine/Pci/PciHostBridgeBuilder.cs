namespace DmaBuf.Machine;

/// <summary>
/// Describes a host bridge and what hangs below it. Belongs to one <see cref="SoftwareMachineBuilder"/>; not thread-safe.
/// </summary>
public sealed class PciHostBridgeBuilder
{
    private readonly SoftwareMachineBuilder _machine;
    private readonly PciHostBridgePolicy _policy;
    private readonly PciRootDevice? _first;

    internal PciHostBridgeBuilder(SoftwareMachineBuilder machine, PciHostBridgePolicy policy, PciRootDevice? first, ulong busOffset, ulong dmaOffset)
    {
        _machine = machine;
        _policy = policy;
        _first = first;
        BusOffset = busOffset;
        DmaOffset = dmaOffset;
    }

    internal ulong BusOffset { get; }

    internal ulong DmaOffset { get; }

    internal int? NumaNode { get; private set; }

    internal List<PciNodeDefinition> RootPorts { get; } = [];

    /// <summary>Puts the bridge, and all functions below it, on a NUMA node (<c>_PXM</c>). Without it they are near to none.</summary>
    /// <param name="numaNode">The node; 0 to <see cref="RamPlacement.LastNumaNode"/>. It need not have RAM.</param>
    /// <exception cref="DmaBufException">EINVAL: no node can have the number.</exception>
    public PciHostBridgeBuilder OnNumaNode(int numaNode)
    {
        NumaNode = RamPlacement.RequireNumaNode(numaNode, "A host bridge cannot be put");
        return this;
    }

    /// <summary>Adds a root port.</summary>
    /// <param name="accessControl">Its access control bits.</param>
    /// <returns>The port, to put a switch or an endpoint below.</returns>
    public PciPortBuilder AddRootPort(PciAccessControl accessControl = PciAccessControl.None)
    {
        PciNodeDefinition port = new(PciNodeKind.Port, null, accessControl);
        RootPorts.Add(port);
        return new PciPortBuilder(_machine, port);
    }

    /// <summary>What the whitelist says of the first device, or what was said when the bridge was added.</summary>
    internal PciHostBridgePolicy PolicyBy(PciHostBridgeWhitelist whitelist) => _first is null ? _policy : whitelist.PolicyOf(_first);
}
