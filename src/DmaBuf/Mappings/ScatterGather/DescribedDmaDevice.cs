namespace DmaBuf;

/// <summary>A device that was read from a description: it has a name and facts, and cannot map.</summary>
internal sealed class DescribedDmaDevice(string name, IPciDevice? pciDevice, MappingCost rangeMappingCost) : IDmaDevice
{
    public string Name => name;

    public IPciDevice? PciDevice => pciDevice;

    public MappingCost RangeMappingCost => rangeMappingCost;

    public DmaAddress MapRange(PhysicalRange range, DmaDirection direction, DmaAttributes attributes) => throw new DmaBufException(
        Errno.EOPNOTSUPP, $"Mapping for '{name}' is not possible: it was read from a description. Use it for matching alone.");

    public void UnmapRange(DmaRange range, DmaDirection direction, DmaAttributes attributes)
    {
        // Nothing was ever mapped.
    }

    public IIovaReservation? TryReserveIova(ulong length) => null;
}
