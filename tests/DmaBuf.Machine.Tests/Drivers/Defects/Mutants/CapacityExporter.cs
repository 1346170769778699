namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>xe's match of the first posted version: room for two offers, and the capacity handed on instead of the number filled (D-7). The array is what the stack held.</summary>
internal sealed class CapacityExporter : DmaBufferExporter, IScatterGatherOperations
{
    private readonly MappingOffer[] _stack;

    internal CapacityExporter(IPciDevice gpu, MappingOffer[] stack, bool mayMigrate)
        : base("capacity")
    {
        _stack = stack;
        Offers = OfferSource.Computed(_ =>
        {
            int filled = 0;
            _stack[filled++] = ScatterGatherMappingType.OfferPeerToPeer(this, PeerToPeerRequirement.RequiresDistance, gpu);
            if (mayMigrate)
            {
                _stack[filled] = ScatterGatherMappingType.Offer(this);
            }

            return MappingOfferList.Create(_stack);
        });
    }

    protected override OfferSource Offers { get; }

    public ScatterGatherBacking? MapScatterGather(ScatterGatherAttachment attachment, DmaDirection direction, in ReservationLock held) => null;

    public void UnmapScatterGather(ScatterGatherAttachment attachment, ScatterGatherBacking backing, DmaDirection direction, in ReservationLock held) => backing.Release();

    protected override void OnRelease(DmaBuffer buffer)
    {
    }
}
