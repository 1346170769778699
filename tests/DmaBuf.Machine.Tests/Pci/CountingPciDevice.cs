namespace DmaBuf.Machine.Tests;

/// <summary>A function that counts how often somebody asks it for a path.</summary>
internal sealed class CountingPciDevice(PciFunction function) : IPciDevice
{
    public int Lookups { get; private set; }

    public string Address => function.Address;

    public PeerToPeerRoute RouteFrom(IPciDevice? client)
    {
        Lookups++;
        return function.RouteFrom(client);
    }
}
