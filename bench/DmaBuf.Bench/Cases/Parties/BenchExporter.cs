namespace DmaBuf.Bench;

/// <summary>An exporter with a list of offers that it made once, as a driver does whose offers do not depend on the buffer's state.</summary>
internal sealed class BenchExporter : DmaBufferExporter
{
    public BenchExporter(MappingOfferList offers)
        : base("bench") => Offers = OfferSource.Computed(_ => offers);

    protected internal override OfferSource Offers { get; }

    protected internal override void OnRelease(DmaBuffer buffer)
    {
        // The buffer has no memory.
    }
}
