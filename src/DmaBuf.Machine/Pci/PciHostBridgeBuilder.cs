namespace DmaBuf.Machine;

/// <summary>
/// Describes a host bridge and what hangs below it. Belongs to one <see cref="SoftwareMachineBuilder"/>; not thread-safe.
/// </summary>
public sealed class PciHostBridgeBuilder
{
    private readonly SoftwareMachineBuilder _machine;

    internal PciHostBridgeBuilder(SoftwareMachineBuilder machine, PciHostBridgePolicy policy, ulong busOffset, ulong dmaOffset)
    {
        _machine = machine;
        Policy = policy;
        BusOffset = busOffset;
        DmaOffset = dmaOffset;
    }

    internal PciHostBridgePolicy Policy { get; }

    internal ulong BusOffset { get; }

    internal ulong DmaOffset { get; }

    internal List<PciNodeDefinition> RootPorts { get; } = [];

    /// <summary>Adds a root port.</summary>
    /// <param name="redirect">Its access control bits.</param>
    /// <returns>The port, to put a switch or an endpoint below.</returns>
    public PciPortBuilder AddRootPort(PciRedirect redirect = PciRedirect.None)
    {
        PciNodeDefinition port = new(PciNodeKind.Port, null, redirect);
        RootPorts.Add(port);
        return new PciPortBuilder(_machine, port);
    }
}
