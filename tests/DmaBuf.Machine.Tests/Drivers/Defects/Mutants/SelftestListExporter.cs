namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>The selftest's exporter as it was posted: its lists go back to nobody (D-10), or to an allocator from which they did not come (D-9).</summary>
internal sealed class SelftestListExporter : DmaBufferExporter, IPhysicalAddressListOperations
{
    private readonly HashSet<PhysicalAddressList>? _freesTo;

    internal SelftestListExporter(HashSet<PhysicalAddressList>? freesTo)
        : base("selftest")
    {
        _freesTo = freesTo;
        Offers = OfferSource.Single(PhysicalAddressListMappingType.Offer(this));
    }

    internal HashSet<PhysicalAddressList> Allocator { get; } = [];

    /// <summary>Lists that came back to where they had not come from.</summary>
    internal int Strays { get; private set; }

    protected override OfferSource Offers { get; }

    public PhysicalAddressList? MapPhysicalAddressList(Attachment attachment, in ReservationLock held)
    {
        PhysicalAddressList list = PhysicalAddressList.Create([new PhysicalRange(new PhysicalAddress(0x10_0000), attachment.Buffer.Size)]);
        Allocator.Add(list);
        return list;
    }

    public void UnmapPhysicalAddressList(Attachment attachment, PhysicalAddressList list, in ReservationLock held)
        => Strays += _freesTo is null || _freesTo.Remove(list) ? 0 : 1;

    protected override void OnRelease(DmaBuffer buffer)
    {
    }
}
