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
    /// <exception cref="DmaBufException">EINVAL.</exception>
    public static void Require(PhysicalRange range, DmaDirection direction, DmaAttributes attributes)
    {
        if (!MachinePage.AreWhole(range.Start.Value, range.Length))
        {
            throw new DmaBufException(
                Errno.EINVAL,
                $"{range} cannot be mapped for DMA: start and length must be multiples of {MachinePage.Size}, the length not zero " +
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
