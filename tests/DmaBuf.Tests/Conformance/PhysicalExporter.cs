namespace DmaBuf.Tests.Conformance;

/// <summary>An exporter of physical ranges that lets both converters serve them.</summary>
internal sealed class PhysicalExporter : DmaBufferExporter, IPhysicalAddressListOperations
{
    private readonly PhysicalRange[] _ranges;
    private readonly PhysicalMemoryKind _kind;

    internal PhysicalExporter(PhysicalRange[] ranges, PhysicalAddressListOfferOptions options)
        : base("ranges")
    {
        _ranges = ranges;
        _kind = options.Kind;
        Offers = OfferSource.Single(PhysicalAddressListMappingType.Offer(this, options));
    }

    internal int LiveLists { get; private set; }

    protected internal override OfferSource Offers { get; }

    public PhysicalAddressList? MapPhysicalAddressList(Attachment attachment, in ReservationLock held)
    {
        held.Reservation.ThrowIfNotHeldBy(in held);
        PhysicalAddressList list = PhysicalAddressList.Create(_ranges, _kind, Cacheability.Uncached);
        LiveLists++;
        return list;
    }

    public void UnmapPhysicalAddressList(Attachment attachment, PhysicalAddressList list, in ReservationLock held)
    {
        held.Reservation.ThrowIfNotHeldBy(in held);
        LiveLists--;
    }

    protected internal override void OnRelease(DmaBuffer buffer) => Assert.Equal(0, LiveLists);
}
