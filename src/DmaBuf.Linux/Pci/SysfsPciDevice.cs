namespace DmaBuf.Linux;

/// <summary>A PCI function of this machine, as it was when its <see cref="PciTree"/> was read.</summary>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed class SysfsPciDevice : IPciDevice
{
    private readonly PciFunctionFacts _facts;
    private readonly PciNode _node;
    private readonly bool _knowsHostBridge;

    internal SysfsPciDevice(PciTree tree, PciFunctionFacts facts, PciNode node, bool knowsHostBridge)
    {
        Tree = tree;
        _facts = facts;
        _node = node;
        _knowsHostBridge = knowsHostBridge;
    }

    /// <summary>The snapshot that it belongs to.</summary>
    public PciTree Tree { get; }

    /// <inheritdoc/>
    public string Address => _facts.Address;

    /// <summary>The vendor id, for example 0x8086.</summary>
    public ushort Vendor => _facts.Identity.Vendor;

    /// <summary>The device id.</summary>
    public ushort DeviceId => _facts.Identity.Device;

    /// <summary>The class code: base class, subclass and programming interface in 24 bits; 0x010802 is an NVMe controller.</summary>
    public uint ClassCode => _facts.Identity.Class;

    /// <summary>Whether it is a bridge between PCI buses (a port, for express).</summary>
    public bool IsBridge => ClassCode >> 8 == 0x0604;

    /// <summary>Its BARs, and its ROM as index 6.</summary>
    public IReadOnlyList<SysfsPciBar> Bars => _facts.Bars;

    /// <summary>The bound driver; null: none.</summary>
    public string? Driver => _facts.Driver;

    /// <summary>The IOMMU group's number; null: no IOMMU is in charge of it.</summary>
    public int? IommuGroup => _facts.IommuGroup;

    /// <summary>The NUMA node; null: the machine says none.</summary>
    public int? NumaNode => _facts.NumaNode;

    /// <summary>The access control bits that are switched on; null: this user may not read them.</summary>
    public PciAccessControl? AccessControl => _facts.Config.AccessControl;

    /// <summary>The bridge above; null on a root bus.</summary>
    public SysfsPciDevice? Upstream => _node.Upstream is { } above ? Tree.TryFind(above.Address) : null;

    /// <summary>What the whitelist says of its host bridge.</summary>
    public PciHostBridgePolicy HostBridgePolicy => _node.Policy;

    /// <summary>The other members of its IOMMU group, itself included; only itself without an IOMMU.</summary>
    public IEnumerable<SysfsPciDevice> GroupMembers => IommuGroup is { } group ? Tree.Devices.Where(one => one.IommuGroup == group) : [this];

    /// <inheritdoc/>
    public PeerToPeerRoute RouteFrom(IPciDevice? client) => ExplainRouteFrom(client).Route;

    /// <summary>The route with each bridge met, its bits, and why the result is what it is.</summary>
    /// <param name="client">The importing function; null: the client is no PCI device.</param>
    public PciRouteLog ExplainRouteFrom(IPciDevice? client)
    {
        if (client is not SysfsPciDevice function || function.Tree != Tree)
        {
            string reason = client is null ? "the client is no PCI device" : "the client belongs to another machine or to another snapshot";
            return new PciRouteLog(Address, client?.Address ?? "no PCI device", [_node.Step], [], null, new PeerToPeerRoute(PeerToPeerMapType.NotSupported, -1, reason));
        }

        PciRouteLog log = PciRouting.Trace(_node, function._node, Tree.Processor is { ForwardsPeerTraffic: true });
        return WhatIsUnknown(log, function) is { } unknown ? log with { Route = new PeerToPeerRoute(PeerToPeerMapType.Unknown, -1, unknown) } : log;
    }

    /// <summary>Address and identity.</summary>
    public override string ToString() => $"{Address} ({Vendor:x4}:{DeviceId:x4})";

    /// <summary>The clause that says what could not be read and would have decided; null: nothing.</summary>
    private string? WhatIsUnknown(PciRouteLog log, SysfsPciDevice client)
    {
        if (ReferenceEquals(this, client))
        {
            return null;
        }

        List<PciRouteStep> steps = [.. log.ProviderSide, .. log.ClientSide];
        if (log.CommonBridge is not null && !steps.Exists(static step => step.Redirects))
        {
            PciRouteStep unread = steps.Find(step => Tree.TryFind(step.Address) is { AccessControl: null });
            return unread.Address is null
                ? null
                : $"the access control bits of {unread.Address} could not be read, and they decide whether peer traffic is redirected to the root (read them as root)";
        }

        bool asksHostBridge = Tree.Processor is not { ForwardsPeerTraffic: true };
        return asksHostBridge && !(_knowsHostBridge && client._knowsHostBridge)
            ? "the host bridge could not be identified without the configuration space of its first device (read it as root)"
            : null;
    }
}
