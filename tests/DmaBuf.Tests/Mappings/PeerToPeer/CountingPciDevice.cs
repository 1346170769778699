namespace DmaBuf.Tests.Mappings.PeerToPeer;

/// <summary>An exporting PCI function whose route is what the test says, and which counts how often it is asked.</summary>
internal sealed class CountingPciDevice(PeerToPeerMapType mapType, int distance) : IPciDevice
{
    internal int Asked { get; private set; }

    public string Address => "0000:03:00.0";

    public PeerToPeerRoute RouteFrom(IPciDevice? client)
    {
        Asked++;
        return new PeerToPeerRoute(mapType, distance, "as programmed");
    }
}
