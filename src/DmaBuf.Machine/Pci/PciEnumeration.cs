using System.Globalization;

namespace DmaBuf.Machine;

/// <summary>
/// Walks a described tree and numbers it as firmware does: a domain for each host bridge, buses depth first, a device for each port,
/// functions within a slot, virtual functions behind them, on further bus numbers if one is not enough.
/// </summary>
internal sealed class PciEnumeration
{
    private const int Buses = 256;
    private const int Devices = 32;
    private const int Functions = 8;

    private readonly List<PciEndpointPlan> _endpoints = [];
    private readonly List<PciPortPlan> _ports = [];
    private readonly PciHostBridgeBuilder _hostBridge;
    private readonly PciHostBridgePolicy _policy;
    private readonly int _domain;
    private int _lastBus;

    private PciEnumeration(PciHostBridgeBuilder hostBridge, PciHostBridgePolicy policy, int domain)
    {
        _policy = policy;
        _hostBridge = hostBridge;
        _domain = domain;
    }

    /// <summary>All endpoints, in the order of their addresses, and all bridges, those above before those below.</summary>
    /// <exception cref="DmaBufException">ENOSPC: more than a PCI domain can address; EINVAL: virtual functions are put where others are.</exception>
    public static (List<PciEndpointPlan> Endpoints, List<PciPortPlan> Ports) Run(IReadOnlyList<PciHostBridgeBuilder> hostBridges, PciHostBridgeWhitelist whitelist)
    {
        List<PciEndpointPlan> endpoints = [];
        List<PciPortPlan> ports = [];
        for (int domain = 0; domain < hostBridges.Count; domain++)
        {
            PciEnumeration enumeration = new(hostBridges[domain], hostBridges[domain].PolicyBy(whitelist), domain);
            // Device 0 of a root bus is the host bridge's own.
            enumeration.Enter(hostBridges[domain].RootPorts, null, 0, 1, functionsOfOneDevice: false);
            endpoints.AddRange(enumeration._endpoints);
            ports.AddRange(enumeration._ports);
        }

        return ([.. endpoints.OrderBy(static endpoint => endpoint.Node.Id)], ports);
    }

    private void Enter(List<PciNodeDefinition> children, PciNode? upstream, int bus, int firstDevice, bool functionsOfOneDevice)
    {
        List<PciEndpointPlan> slot = [];
        for (int index = 0; index < children.Count; index++)
        {
            int device = functionsOfOneDevice ? 0 : firstDevice + index;
            int function = functionsOfOneDevice ? index : 0;
            if (device >= Devices || function >= Functions)
            {
                throw OutOfNumbers();
            }

            PciNodeDefinition child = children[index];
            PciNode node = CreateNode(upstream, (bus << 8) | (device << 3) | function, child.AccessControl);
            if (child.Kind == PciNodeKind.Endpoint)
            {
                slot.Add(new PciEndpointPlan(child.Name!, child, node, _hostBridge));
            }
            else
            {
                _ports.Add(new PciPortPlan(node, upstream is null ? PciPortKind.RootPort : child.Kind == PciNodeKind.Port ? PciPortKind.SwitchDownstream : PciPortKind.SwitchUpstream));
                Enter(child.Children, node, ++_lastBus, 0, child.Kind == PciNodeKind.Port);
            }
        }

        _endpoints.AddRange(slot);
        PlaceVirtual(slot, upstream);
    }

    private void PlaceVirtual(List<PciEndpointPlan> slot, PciNode? upstream)
    {
        HashSet<int> taken = [.. slot.Select(static plan => RoutingIdOf(plan.Node))];
        foreach (PciEndpointPlan physical in slot)
        {
            if (physical.Definition.VirtualFunctions is not { } group)
            {
                continue;
            }

            int first = group.Options.FirstOffset is { } offset ? RoutingIdOf(physical.Node) + offset : taken.Max() + 1;
            for (int index = 0; index < group.Options.Total; index++)
            {
                int routingId = first + (index * group.Options.Stride);
                string name = PciNodeDefinition.NameOfVirtual(physical.Definition, index);
                PciNode node = CreateNode(upstream, routingId, group.Each.AccessControl);
                if (!taken.Add(routingId))
                {
                    throw new DmaBufException(
                        Errno.EINVAL,
                        $"The machine cannot be built: {name} would be {node.Address}, where another function is. Choose another offset or stride, or leave the offset out.");
                }

                _endpoints.Add(new PciEndpointPlan(name, group.Each, node, _hostBridge, (physical.Node, index, group.Options)));
                _lastBus = Math.Max(_lastBus, routingId >> 8);
            }
        }
    }

    private PciNode CreateNode(PciNode? upstream, int routingId, PciAccessControl accessControl)
    {
        int bus = routingId >> 8;
        if (bus >= Buses)
        {
            throw OutOfNumbers();
        }

        string address = string.Create(CultureInfo.InvariantCulture, $"{_domain:x4}:{bus:x2}:{(routingId >> 3) & (Devices - 1):x2}.{routingId & (Functions - 1):x}");
        return new PciNode(upstream, _domain, _policy, accessControl, ((uint)_domain << 16) | (uint)routingId, address);
    }

    private DmaBufException OutOfNumbers() => new(
        Errno.ENOSPC,
        $"PCI domain {_domain} cannot be numbered: it has {Buses} buses of {Devices} devices of {Functions} functions " +
        "at most. Spread the devices over more host bridges.");

    private static int RoutingIdOf(PciNode node) => (int)(node.Id & 0xFFFF);
}
