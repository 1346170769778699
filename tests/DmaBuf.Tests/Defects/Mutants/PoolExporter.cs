namespace DmaBuf.Tests.Defects.Mutants;

/// <summary>
/// The selftest's exporter: lists of a pool, which go back to it, or, as first posted, nowhere (D-10) or to the pool of somebody else (D-9).
/// </summary>
internal sealed class PoolExporter : DmaBufferExporter, IPhysicalAddressListOperations
{
    private readonly PhysicalRange[] _ranges;
    private readonly ListPool? _freesTo;

    internal PoolExporter(PhysicalRange[] ranges, ListPool pool, ListPool? freesTo)
        : base("pool")
    {
        _ranges = ranges;
        Pool = pool;
        _freesTo = freesTo;
        Offers = OfferSource.Single(PhysicalAddressListMappingType.Offer(this, new PhysicalAddressListOfferOptions
        {
            Kind = PhysicalMemoryKind.Ram,
            Converters = PhysicalAddressConverters.ScatterGather | PhysicalAddressConverters.IommuDomain,
        }));
    }

    internal ListPool Pool { get; }

    internal int Strays => _freesTo?.Strays ?? 0;

    protected internal override OfferSource Offers { get; }

    public PhysicalAddressList MapPhysicalAddressList(Attachment attachment, in ReservationLock held) => Pool.Allocate(_ranges);

    public void UnmapPhysicalAddressList(Attachment attachment, PhysicalAddressList list, in ReservationLock held) => _freesTo?.Free(list);

    protected internal override void OnRelease(DmaBuffer buffer)
    {
    }
}
