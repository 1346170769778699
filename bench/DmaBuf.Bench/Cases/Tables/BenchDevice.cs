namespace DmaBuf.Bench;

/// <summary>A device without an IOMMU, below one switch with the BAR that it reads: whatever it is asked, the answer costs nothing.</summary>
internal sealed class BenchDevice : IDmaDevice, IPciDevice
{
    public string Name => Address;

    public string Address => "0000:00:01.0";

    public IPciDevice? PciDevice => this;

    public MappingCost RangeMappingCost => MappingCost.None;

    public PeerToPeerRoute RouteFrom(IPciDevice? client) => new(PeerToPeerMapType.BusAddress, 0, "the same function");

    public DmaAddress MapRange(PhysicalRange range, DmaDirection direction, DmaAttributes attributes) => new(range.Start.Value);

    public void UnmapRange(DmaRange range, DmaDirection direction, DmaAttributes attributes)
    {
        // Without an IOMMU nothing was mapped.
    }

    public IIovaReservation? TryReserveIova(ulong length) => null;
}
