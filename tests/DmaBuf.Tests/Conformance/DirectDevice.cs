namespace DmaBuf.Tests.Conformance;

/// <summary>A device behind an IOMMU without contiguous blocks: every range is mapped by itself, at another address.</summary>
internal sealed class DirectDevice : IDmaDevice
{
    private const ulong Offset = 0x1000_0000;

    internal HashSet<DmaRange> Mapped { get; } = [];

    public string Name => "direct device";

    public IPciDevice? PciDevice => null;

    public MappingCost RangeMappingCost => MappingCost.IommuMap;

    public DmaAddress MapRange(PhysicalRange range, DmaDirection direction, DmaAttributes attributes)
    {
        DmaAddress address = new(range.Start.Value + Offset);
        Mapped.Add(new DmaRange(address, range.Length));
        return address;
    }

    public void UnmapRange(DmaRange range, DmaDirection direction, DmaAttributes attributes) => Mapped.Remove(range);

    public IIovaReservation? TryReserveIova(ulong length) => null;
}
