using System.Globalization;

namespace DmaBuf.Machine;

/// <summary>
/// Walks a described tree and numbers it as firmware does: a domain for each host bridge, buses depth first, a device for each port,
/// functions within a slot.
/// </summary>
internal sealed class PciEnumeration
{
    private const int Buses = 256;
    private const int Devices = 32;
    private const int Functions = 8;

    private readonly List<PciEndpointPlan> _endpoints = [];
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

    /// <summary>All endpoints, in the order of their addresses.</summary>
    /// <exception cref="DmaBufException">ENOSPC: more than a PCI domain can address.</exception>
    public static List<PciEndpointPlan> Run(IReadOnlyList<PciHostBridgeBuilder> hostBridges, PciHostBridgeWhitelist whitelist)
    {
        List<PciEndpointPlan> endpoints = [];
        for (int domain = 0; domain < hostBridges.Count; domain++)
        {
            PciEnumeration enumeration = new(hostBridges[domain], hostBridges[domain].PolicyBy(whitelist), domain);
            // Device 0 of a root bus is the host bridge's own.
            enumeration.Enter(hostBridges[domain].RootPorts, null, 0, 1, functionsOfOneDevice: false);
            endpoints.AddRange(enumeration._endpoints);
        }

        return endpoints;
    }

    private void Enter(List<PciNodeDefinition> children, PciNode? upstream, int bus, int firstDevice, bool functionsOfOneDevice)
    {
        for (int index = 0; index < children.Count; index++)
        {
            int device = functionsOfOneDevice ? 0 : firstDevice + index;
            int function = functionsOfOneDevice ? index : 0;
            if (device >= Devices || function >= Functions || bus >= Buses)
            {
                throw new DmaBufException(
                    Errno.ENOSPC,
                    $"PCI domain {_domain} cannot be numbered: it has {Buses} buses of {Devices} devices of {Functions} functions " +
                    "at most. Spread the devices over more host bridges.");
            }

            string address = string.Create(CultureInfo.InvariantCulture, $"{_domain:x4}:{bus:x2}:{device:x2}.{function:x}");
            uint id = ((uint)_domain << 16) | ((uint)bus << 8) | ((uint)device << 3) | (uint)function;
            PciNode node = new(upstream, _domain, _policy, children[index].AccessControl, id, address);
            if (children[index].Kind == PciNodeKind.Endpoint)
            {
                _endpoints.Add(new PciEndpointPlan(children[index], node, _hostBridge));
            }
            else
            {
                Enter(children[index].Children, node, ++_lastBus, 0, children[index].Kind == PciNodeKind.Port);
            }
        }
    }
}
