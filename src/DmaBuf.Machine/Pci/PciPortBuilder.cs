namespace DmaBuf.Machine;

/// <summary>A root port or a switch's downstream port, below which one switch or one endpoint can be put. Not thread-safe.</summary>
public sealed class PciPortBuilder
{
    private readonly SoftwareMachineBuilder _machine;
    private readonly PciNodeDefinition _port;

    internal PciPortBuilder(SoftwareMachineBuilder machine, PciNodeDefinition port)
    {
        _machine = machine;
        _port = port;
    }

    /// <summary>Puts a switch below the port.</summary>
    /// <param name="accessControl">The access control bits of its upstream port.</param>
    /// <exception cref="DmaBufException">EBUSY: something is below the port.</exception>
    public PciSwitchBuilder AddSwitch(PciAccessControl accessControl = PciAccessControl.None)
    {
        RequireEmpty("a switch");
        PciNodeDefinition upstream = new(PciNodeKind.SwitchUpstream, null, accessControl);
        _port.Children.Add(upstream);
        return new PciSwitchBuilder(_machine, upstream);
    }

    /// <summary>Puts an endpoint below the port.</summary>
    /// <param name="name">A name that nothing else on the machine has.</param>
    /// <param name="accessControl">The function's own access control bits, as functions of a multi-function device have them.</param>
    /// <exception cref="DmaBufException">EBUSY: something is below the port; EEXIST: the name is taken.</exception>
    public PciEndpointBuilder AddEndpoint(string name, PciAccessControl accessControl = PciAccessControl.None)
    {
        RequireEmpty("an endpoint");
        return AddFunction(name, accessControl);
    }

    internal PciEndpointBuilder AddFunction(string name, PciAccessControl accessControl)
    {
        _machine.TakeName(name);
        PciNodeDefinition function = new(PciNodeKind.Endpoint, name, accessControl);
        _port.Children.Add(function);
        return new PciEndpointBuilder(this, function);
    }

    internal PciVirtualFunctionBuilder AddVirtualFunctions(PciNodeDefinition physical, PciVirtualFunctionOptions options)
    {
        for (int index = 0; index < options.Total; index++)
        {
            _machine.TakeName(PciNodeDefinition.NameOfVirtual(physical, index));
        }

        PciNodeDefinition each = new(PciNodeKind.Endpoint, $"each virtual function of {physical.Name}", options.AccessControl);
        physical.VirtualFunctions = (options, each);
        return new PciVirtualFunctionBuilder(each);
    }

    private void RequireEmpty(string what)
    {
        if (_port.Children.Count != 0)
        {
            throw new DmaBufException(
                Errno.EBUSY,
                $"{what} cannot be put below a PCI port that has something below it: a port has one link. Use another port, or add " +
                "a function to the endpoint.");
        }
    }
}
