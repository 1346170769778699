namespace DmaBuf;

/// <summary>
/// Where a buffer lies in physical memory (<c>dma_buf_phys_list</c>, PAL). The order of the entries is the order of the buffer's bytes: byte 0 of the buffer
/// is the first byte of entry 0. Kind and cacheability are stated once for the whole list.
/// </summary>
/// <remarks>
/// <para>An exporter makes a fresh list for each map call. The core validates it once (<see cref="PhysicalAddressListValidator"/>) before the importer sees it,
/// so that importers need no checks of their own.</para>
/// <para>The list is immutable and safe to read from several threads. Its <i>addresses</i> may be used between map and unmap only, and not after a revoke: tear
/// down whatever was built from them first, unmap after. They let their holder reach the memory without any further check, which is why only an importer with a
/// live <see cref="PhysicalAddressAccess"/> is given a list, and why <see cref="ToString"/> shows none of them.</para>
/// </remarks>
public sealed class PhysicalAddressList
{
    private readonly PhysicalRange[] _entries;
    private int _claimed;

    private PhysicalAddressList(PhysicalRange[] entries, PhysicalMemoryKind kind, Cacheability cacheability)
    {
        _entries = entries;
        Kind = kind;
        Cacheability = cacheability;
        TotalLength = PhysicalRangeSummary.Of(entries).TotalLength;
    }

    /// <summary>The ranges in the order of the buffer's bytes. Ranges may be adjacent and may overlap (aliasing is legal for BARs).</summary>
    public ReadOnlySpan<PhysicalRange> Entries => _entries;

    /// <summary>The number of entries, not of bytes.</summary>
    public int Count => _entries.Length;

    /// <summary>The sum of the lengths in bytes. Exact in every list that the core has admitted; modulo 2^64 before.</summary>
    public ulong TotalLength { get; }

    /// <summary>RAM or device memory.</summary>
    public PhysicalMemoryKind Kind { get; }

    /// <summary>How the memory may be cached.</summary>
    public Cacheability Cacheability { get; }

    /// <summary>Makes a list; for exporters. The contents are checked later, by the core, once a map call.</summary>
    /// <param name="entries">Copied.</param>
    /// <param name="kind">RAM or device memory.</param>
    /// <param name="cacheability">How the memory may be cached.</param>
    /// <exception cref="DmaBufException">EINVAL: no such kind or cacheability; ENOMEM.</exception>
    public static PhysicalAddressList Create(
        ReadOnlySpan<PhysicalRange> entries, PhysicalMemoryKind kind = PhysicalMemoryKind.Mmio, Cacheability cacheability = Cacheability.Uncached)
    {
        if ((uint)kind > (uint)PhysicalMemoryKind.Ram)
            throw new DmaBufException(Errno.EINVAL, $"{(int)kind} is no {nameof(PhysicalMemoryKind)}; a physical address list is RAM or MMIO.");
        if ((uint)cacheability > (uint)Cacheability.Cached)
            throw new DmaBufException(Errno.EINVAL, $"{(int)cacheability} is no {nameof(DmaBuf.Cacheability)} of a physical address list.");
        FaultPoint.Check(FaultSite.ListAllocation);
        return new PhysicalAddressList(entries.ToArray(), kind, cacheability);
    }

    /// <summary>Count, size, kind and cacheability; no address.</summary>
    public override string ToString() => $"{Count} entries, {TotalLength} bytes, {Kind}, {Cacheability}";

    /// <summary>Marks the list as handed out. False if it was before: the exporter returned one list from two map calls.</summary>
    internal bool TryClaim() => Interlocked.Exchange(ref _claimed, 1) == 0;
}
