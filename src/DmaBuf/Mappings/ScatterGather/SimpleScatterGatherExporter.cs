namespace DmaBuf;

/// <summary>
/// An exporter with one constant offer, a plain scatter/gather table, which it maps itself: what the kernel's "simple" exporters become
/// (<c>DMA_BUF_SIMPLE_SGT_EXP_MATCH</c>).
/// </summary>
/// <remarks>Threads: as <see cref="DmaBufferExporter"/>; map and unmap are called by one thread at a time for a buffer.</remarks>
public abstract class SimpleScatterGatherExporter : DmaBufferExporter, IScatterGatherOperations
{
    /// <summary>Makes the exporter.</summary>
    /// <param name="name">The name that dumps and failures show; not blank.</param>
    /// <param name="cost">An upper bound of what mapping costs, beside what the importing device's mapping costs.</param>
    protected SimpleScatterGatherExporter(string name, MappingCost cost = MappingCost.None)
        : base(name) => Offers = OfferSource.Single(ScatterGatherMappingType.Offer(this, cost));

    /// <inheritdoc/>
    protected internal sealed override OfferSource Offers { get; }

    /// <inheritdoc/>
    public abstract ScatterGatherBacking? MapScatterGather(ScatterGatherAttachment attachment, DmaDirection direction, in ReservationLock held);

    /// <inheritdoc/>
    public abstract void UnmapScatterGather(ScatterGatherAttachment attachment, ScatterGatherBacking backing, DmaDirection direction, in ReservationLock held);
}
