namespace DmaBuf.Machine;

/// <summary>A PCI switch, to which downstream ports are added. Not thread-safe.</summary>
public sealed class PciSwitchBuilder
{
    private readonly SoftwareMachineBuilder _machine;
    private readonly PciNodeDefinition _upstream;

    internal PciSwitchBuilder(SoftwareMachineBuilder machine, PciNodeDefinition upstream)
    {
        _machine = machine;
        _upstream = upstream;
    }

    /// <summary>Adds a downstream port.</summary>
    /// <param name="accessControl">Its access control bits.</param>
    public PciPortBuilder AddDownstreamPort(PciAccessControl accessControl = PciAccessControl.None)
    {
        PciNodeDefinition port = new(PciNodeKind.Port, null, accessControl);
        _upstream.Children.Add(port);
        return new PciPortBuilder(_machine, port);
    }
}
