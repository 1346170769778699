namespace DmaBuf.Machine.Tests;

/// <summary>Offers a table with a requirement of the test's choice, and behind it, if asked to, one without any.</summary>
internal sealed class MatrixExporter : DmaBufferExporter, IScatterGatherOperations
{
    internal MatrixExporter(PeerToPeerRequirement requirement, IPciDevice? device, bool plainBehind = false)
        : base("matrix")
    {
        MappingOffer first = ScatterGatherMappingType.OfferPeerToPeer(this, requirement, device);
        MappingOfferList both = [first, ScatterGatherMappingType.Offer(this)];
        Offers = plainBehind ? OfferSource.Computed(_ => both) : OfferSource.Single(first);
    }

    protected override OfferSource Offers { get; }

    public ScatterGatherBacking? MapScatterGather(ScatterGatherAttachment attachment, DmaDirection direction, in ReservationLock held) => null;

    public void UnmapScatterGather(ScatterGatherAttachment attachment, ScatterGatherBacking backing, DmaDirection direction, in ReservationLock held) => backing.Release();

    protected override void OnRelease(DmaBuffer buffer)
    {
    }
}
