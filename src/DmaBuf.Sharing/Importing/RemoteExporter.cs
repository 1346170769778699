namespace DmaBuf.Sharing;

/// <summary>Exports, in the peer's process, what was agreed on with the exporter's; one a remote attach.</summary>
internal sealed class RemoteExporter(string name, MappingOffer offer, Action released) : DmaBufferExporter(name)
{
    protected override OfferSource Offers { get; } = OfferSource.Single(offer);

    protected override void OnRelease(DmaBuffer buffer) => released();
}
