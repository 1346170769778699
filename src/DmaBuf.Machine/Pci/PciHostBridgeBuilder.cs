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

    internal List<PciNodeDefinition> RootPorts { get; } = [];

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
