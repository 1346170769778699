namespace DmaBuf.Machine;

/// <summary>An endpoint function of the machine's PCI tree, with its BARs.</summary>
/// <remarks>Safe for all threads. All but its being there is immutable.</remarks>
public sealed partial class PciFunction : IPciDevice
{
    private readonly PciTopology _topology;

    internal PciFunction(string name, PciNode node, int? numaNode, PciTopology topology, IEnumerable<PciBarPlacement> bars, bool isThere)
    {
        Name = name;
        Node = node;
        NumaNode = numaNode;
        _topology = topology;
        Presence = new PciPresence(topology, isThere);
        Bars = [.. bars.Select(placement => new PciBar(this, placement))];
    }

    /// <summary>The name it was given in the builder.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public string Address => Node.Address;

    /// <summary>The NUMA node of its host bridge; null: none was said.</summary>
    public int? NumaNode { get; }

    /// <summary>Its BARs in the order in which they were added.</summary>
    public IReadOnlyList<PciBar> Bars { get; }

    /// <summary>The function's own access control bits.</summary>
    public PciAccessControl AccessControl => Node.AccessControl;

    /// <summary>The port that it is below.</summary>
    public PciPort Port { get; internal set; } = null!;

    /// <summary>The number of its host bridge, which is its PCI domain.</summary>
    public int HostBridge => Node.HostBridge;

    /// <summary>What is known of its host bridge's forwarding of peer traffic.</summary>
    public PciHostBridgePolicy HostBridgePolicy => Node.Policy;

    /// <summary>Whether it was removed, or is a virtual function that is not enabled: accesses by and to it fault, and it has no routes.</summary>
    public bool IsRemoved => Presence.Gate.IsClosed;

    internal PciNode Node { get; }

    internal PciPresence Presence { get; }

    /// <inheritdoc/>
    public PeerToPeerRoute RouteFrom(IPciDevice? client) => client switch
    {
        PciFunction function when ReferenceEquals(function._topology, _topology) => _topology.Route(this, function),
        _ => Foreign(client),
    };

    /// <summary>Finds the route anew, and tells each bridge met, its bits, and why the result is what it is (<c>pci_p2pdma_distance</c>, verbose).</summary>
    /// <param name="client">The importing function; null: the client is no PCI device.</param>
    public PciRouteLog ExplainRouteFrom(IPciDevice? client) => client switch
    {
        PciFunction function when ReferenceEquals(function._topology, _topology) => _topology.Trace(this, function),
        _ => new PciRouteLog(Address, client?.Address ?? "no PCI device", [Node.Step], [], null, Foreign(client)),
    };

    /// <summary>
    /// Has a driver told of the removal: before it if it is orderly, after it if it is a surprise. Who subscribed last is told first; on the
    /// removing thread, without a lock of the machine that an access could need. What it throws stands in the removal's report.
    /// </summary>
    /// <param name="subscriber">Gets the function and how it leaves; called once at most.</param>
    /// <returns>Ends the subscription; a call that has begun goes on.</returns>
    /// <exception cref="DmaBufException">ENODEV: it was removed.</exception>
    public IDisposable OnRemoval(Action<PciFunction, PciRemovalKind> subscriber)
    {
        ArgumentNullException.ThrowIfNull(subscriber);
        return Presence.Subscribe(this, subscriber);
    }

    /// <summary>
    /// Removes the function. When it returns, no access by or to it is under way, each later one faults with
    /// <see cref="DmaFaultReason.Removed"/>, and its routes are not supported. Virtual functions go before their physical one. Again: nothing happens.
    /// </summary>
    /// <param name="kind">Whether drivers are told before or after.</param>
    /// <returns>What the removal did; of a physical function with the failures of its virtual ones.</returns>
    /// <exception cref="DmaBufException">EDEADLK: called from a register's callback.</exception>
    public PciRemoval Remove(PciRemovalKind kind = PciRemovalKind.Surprise)
    {
        if (_virtual is null)
        {
            return Presence.Remove(this, kind);
        }

        PciPresence.RefuseInsideAccess(this);
        EndVirtualFunctions();
        IReadOnlyList<PciRemoval> removals = PciSubtree.Remove([this, .. _virtual.Functions], kind);
        return removals[^1] with { Failures = [.. removals.SelectMany(static removal => removal.Failures)] };
    }

    /// <summary>Address and name.</summary>
    public override string ToString() => $"{Address} ({Name})";

    private static PeerToPeerRoute Foreign(IPciDevice? client) => new(
        PeerToPeerMapType.NotSupported, -1, client is null ? "the client is no PCI device" : "the client belongs to another machine");
}
