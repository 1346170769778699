namespace DmaBuf.Machine;

/// <summary>
/// Where a machine puts things that nobody placed: CPU physical, PCI bus, direct DMA and I/O virtual addresses lie apart, so that a number
/// of one kind means nothing as another. <see cref="Check"/> refuses a machine for which that is not so.
/// </summary>
internal static class AddressLayout
{
    /// <summary>CPU physical: the first BAR.</summary>
    public const ulong MmioStart = 0x4000_0000_0000;

    /// <summary>PCI bus address of a BAR minus its CPU physical address.</summary>
    public const ulong BusOffset = 0x3000_0000_0000;

    /// <summary>I/O virtual: the first address of an IOMMU's aperture, and the aperture's length.</summary>
    public const ulong IovaStart = 0x9000_0000_0000;

    public const ulong IovaLength = 0x1000_0000_0000;

    /// <summary>DMA address minus CPU physical address for PCI devices without an IOMMU.</summary>
    public const ulong PciDmaOffset = 0xB000_0000_0000;

    /// <summary>The same for platform devices.</summary>
    public const ulong PlatformDmaOffset = 0x2_0000_0000_0000;

    /// <summary>Refuses a machine on which an address of one kind could be taken for another.</summary>
    /// <exception cref="DmaBufException">EINVAL: two kinds overlap.</exception>
    public static void Check(IReadOnlyList<(string Kind, Extent Extent)> spaces)
    {
        List<(string Kind, Extent Extent)> sorted = [.. spaces.OrderBy(space => space.Extent.Start)];
        for (int first = 0; first < sorted.Count; first++)
        {
            for (int second = first + 1; second < sorted.Count && sorted[second].Extent.Start < sorted[first].Extent.End; second++)
            {
                if (sorted[first].Kind != sorted[second].Kind)
                {
                    throw new DmaBufException(
                        Errno.EINVAL,
                        $"The machine cannot be built: {sorted[second].Kind} addresses from 0x{sorted[second].Extent.Start:x} are " +
                        $"{sorted[first].Kind} addresses as well. Choose other bases or offsets, so that a mistaken address faults.");
                }
            }
        }
    }
}
