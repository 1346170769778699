namespace DmaBuf.Machine;

/// <summary>Which accesses a direction permits, and whether arguments of the mapping calls make sense at all.</summary>
internal static class DmaPermission
{
    public static bool Permits(this DmaDirection direction, DmaAccess access) => direction switch
    {
        DmaDirection.Bidirectional => true,
        DmaDirection.ToDevice => access == DmaAccess.Read,
        _ => access == DmaAccess.Write,
    };

    /// <summary>True if the attribute says what the memory is.</summary>
    public static bool Suits(this DmaAttributes attributes, PhysicalMemoryKind kind) =>
        attributes == (kind == PhysicalMemoryKind.Mmio ? DmaAttributes.Mmio : DmaAttributes.None);

    /// <summary>Refuses values that no mapping can have.</summary>
    /// <param name="range">Whole pages.</param>
    /// <param name="direction">One that there is.</param>
    /// <param name="attributes">One that there is.</param>
    /// <param name="page">Bytes in a page; a power of two.</param>
    /// <exception cref="DmaBufException">EINVAL.</exception>
    public static void Require(PhysicalRange range, DmaDirection direction, DmaAttributes attributes, ulong page = MachinePage.Size)
    {
        if (range.Length == 0 || ((range.Start.Value | range.Length) & (page - 1)) != 0 || range.Length > ulong.MaxValue - range.Start.Value)
        {
            throw new DmaBufException(
                Errno.EINVAL,
                $"{range} cannot be mapped for DMA: start and length must be multiples of {page}, the length not zero " +
                "and the end below 2^64.");
        }

        if (direction is not (DmaDirection.Bidirectional or DmaDirection.ToDevice or DmaDirection.FromDevice))
        {
            throw new DmaBufException(
                Errno.EINVAL,
                $"{range} cannot be mapped for DMA with direction {(int)direction}: there is no such direction.");
        }

        if (attributes is not (DmaAttributes.None or DmaAttributes.Mmio))
        {
            throw new DmaBufException(
                Errno.EINVAL,
                $"{range} cannot be mapped for DMA with attributes {(int)attributes}: there are no such attributes.");
        }
    }
}
