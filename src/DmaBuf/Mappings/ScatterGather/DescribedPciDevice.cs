namespace DmaBuf;

/// <summary>A PCI function that was read from a description: it knows the routes that stand there, and of all others that they are not known.</summary>
internal sealed class DescribedPciDevice(string address, IReadOnlyList<KeyValuePair<string, PeerToPeerRoute>> routes) : IPciDevice
{
    public string Address => address;

    public PeerToPeerRoute RouteFrom(IPciDevice? client)
    {
        foreach ((string from, PeerToPeerRoute route) in routes)
        {
            if (from == (client?.Address ?? string.Empty))
            {
                return route;
            }
        }

        return new PeerToPeerRoute(PeerToPeerMapType.Unknown, -1, $"the description names no route from {client?.Address ?? "a device outside PCI"}");
    }
}
