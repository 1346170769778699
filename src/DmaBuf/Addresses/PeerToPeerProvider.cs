namespace DmaBuf;

/// <summary>A BAR that may serve peer-to-peer traffic (<c>p2pdma_provider</c>).</summary>
/// <param name="Device">The function that owns the BAR.</param>
/// <param name="BusOffset">PCI bus address minus CPU physical address of the BAR, modulo 2^64; added to a physical address it gives the bus address.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record PeerToPeerProvider(IPciDevice Device, ulong BusOffset);
