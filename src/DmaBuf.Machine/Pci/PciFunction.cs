namespace DmaBuf.Machine;

/// <summary>An endpoint function of the machine's PCI tree, with its BARs.</summary>
/// <remarks>Immutable, thus safe to share between threads.</remarks>
public sealed class PciFunction : IPciDevice
{
    private readonly PciTopology _topology;
    private readonly int _index;

    internal PciFunction(string name, string address, PciTopology topology, int index, IEnumerable<PciBarPlacement> bars)
    {
        Name = name;
        Address = address;
        _topology = topology;
        _index = index;
        Bars = [.. bars.Select(placement => new PciBar(this, placement))];
    }

    /// <summary>The name it was given in the builder.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public string Address { get; }

    /// <summary>Its BARs in the order in which they were added.</summary>
    public IReadOnlyList<PciBar> Bars { get; }

    /// <inheritdoc/>
    public PeerToPeerRoute RouteFrom(IPciDevice? client) => client switch
    {
        null => new PeerToPeerRoute(PeerToPeerMapType.NotSupported, -1, "the client is no PCI device"),
        PciFunction function when ReferenceEquals(function._topology, _topology) => _topology.Route(_index, function._index),
        _ => new PeerToPeerRoute(PeerToPeerMapType.NotSupported, -1, "the client belongs to another machine"),
    };

    /// <summary>Address and name.</summary>
    public override string ToString() => $"{Address} ({Name})";
}
