namespace DmaBuf.Tool;

/// <summary>A right exporter behind a wrong one: offers what the right one offers, and hands out its tables mutated.</summary>
/// <remarks>Owns the right buffer until its own is released.</remarks>
internal sealed class MutatedExporter(DmaBuffer right, IScatterGatherOperations operations, MappingOfferFactory offer, MatrixMutation mutation)
    : DmaBufferExporter(right.Exporter.Name), IScatterGatherOperations
{
    protected override OfferSource Offers => OfferSource.Single(offer(this));

    public ScatterGatherBacking? MapScatterGather(ScatterGatherAttachment attachment, DmaDirection direction, in ReservationLock held)
    {
        ScatterGatherBacking? table = operations.MapScatterGather(attachment, direction, in held);
        if (table is null)
        {
            return null;
        }

        MutatedTable? mutated = null;
        try
        {
            return mutated = new MutatedTable(table, mutation);
        }
        finally
        {
            if (mutated is null)
            {
                operations.UnmapScatterGather(attachment, table, direction, in held);
            }
        }
    }

    public void UnmapScatterGather(ScatterGatherAttachment attachment, ScatterGatherBacking backing, DmaDirection direction, in ReservationLock held)
        => backing.Release();

    protected override void OnRelease(DmaBuffer buffer) => right.Dispose();
}
