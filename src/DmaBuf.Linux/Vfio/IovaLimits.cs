namespace DmaBuf.Linux;

/// <summary>What an IOMMU can map.</summary>
/// <param name="SmallestPage">Addresses and lengths are multiples of it; a power of two.</param>
/// <param name="Ranges">The valid I/O virtual addresses in ascending order: what hardware reserves (interrupts, for example) is left out. Empty: the kernel does not say.</param>
/// <remarks>Immutable, safe for all threads. Ranges shrink when a device joins whose reserved regions are others.</remarks>
public sealed record IovaLimits(ulong SmallestPage, IReadOnlyList<DmaRange> Ranges);
