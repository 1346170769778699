namespace DmaBuf;

/// <summary>A PCI function that was read from a description: it knows the routes that stand there, and of all others that they are not known.</summary>
internal sealed class DescribedPciDevice : IPciDevice
{
    private readonly Dictionary<string, PeerToPeerRoute> _routes = [];

    internal DescribedPciDevice(string address, IEnumerable<KeyValuePair<string, PeerToPeerRoute>> routes)
    {
        Address = address;
        foreach ((string from, PeerToPeerRoute route) in routes)
        {
            // A client that is named twice has the route that is named first.
            _routes.TryAdd(from, route);
        }
    }

    public string Address { get; }

    public PeerToPeerRoute RouteFrom(IPciDevice? client) => _routes.TryGetValue(client?.Address ?? string.Empty, out PeerToPeerRoute route)
        ? route
        : new PeerToPeerRoute(PeerToPeerMapType.Unknown, -1, $"the description names no route from {client?.Address ?? "a device outside PCI"}");
}
