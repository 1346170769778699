namespace DmaBuf.Tests.Mappings.ScatterGather;

/// <summary>A PCI function to which every client has the same route.</summary>
internal sealed class FakePciDevice(string address, PeerToPeerMapType mapType, string reason = "as the test says") : IPciDevice
{
    public string Address => address;

    internal IPciDevice? LastClient { get; private set; }

    public PeerToPeerRoute RouteFrom(IPciDevice? client)
    {
        LastClient = client;
        return new PeerToPeerRoute(mapType, mapType is PeerToPeerMapType.BusAddress or PeerToPeerMapType.ThroughHostBridge ? 4 : -1, reason);
    }
}
