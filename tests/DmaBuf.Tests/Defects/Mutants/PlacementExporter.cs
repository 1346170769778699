using DmaBuf.Tests.Mappings.PeerToPeer;

namespace DmaBuf.Tests.Defects.Mutants;

/// <summary>
/// A GPU's exporter that writes its offers into an array with room for both and hands on a part of it: what it filled, or, as the first posted version
/// did, its capacity (D-7). Offers a table with peers always, a plain one only while the memory may migrate.
/// </summary>
internal sealed class PlacementExporter : DmaBufferExporter
{
    private readonly MappingOffer[] _array = new MappingOffer[2];
    private readonly Part _part;

    internal PlacementExporter(Part part)
        : base("gpu")
    {
        _part = part;
        Offers = OfferSource.Computed(_ => OfferNow());
    }

    internal delegate ReadOnlySpan<MappingOffer> Part(MappingOffer[] array, int filled);

    internal bool MayMigrate { get; set; }

    protected internal override OfferSource Offers { get; }

    protected internal override void OnRelease(DmaBuffer buffer)
    {
    }

    private OfferAnswer OfferNow()
    {
        int filled = 0;
        _array[filled++] = ScatterGatherMappingType.OfferPeerToPeer(
            new NoTableOperations(), PeerToPeerRequirement.RequiresDistance, new CountingPciDevice(PeerToPeerMapType.BusAddress, 4));
        if (MayMigrate)
        {
            _array[filled++] = ScatterGatherMappingType.Offer(new NoTableOperations());
        }

        return MappingOfferList.Create(_part(_array, filled));
    }
}
