namespace DmaBuf;

/// <summary>
/// A PCI function, as far as negotiation needs it: its address and how peer traffic from another function reaches it. Answers come from a snapshot
/// of the topology: asking does no I/O and takes no lock.
/// </summary>
/// <remarks>Implementations are safe for all threads.</remarks>
public interface IPciDevice
{
    /// <summary>Domain, bus, device and function, for example <c>0000:03:00.0</c>.</summary>
    string Address { get; }

    /// <summary>How <paramref name="client"/>'s DMA reaches this device's memory (<c>pci_p2pdma_distance</c> and its map type).</summary>
    /// <param name="client">The importing function; null: the client is no PCI device.</param>
    PeerToPeerRoute RouteFrom(IPciDevice? client);
}
