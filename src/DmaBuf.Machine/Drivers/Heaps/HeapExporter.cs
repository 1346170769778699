namespace DmaBuf.Machine;

/// <summary>
/// The exporter of a heap's buffers: one constant offer, a plain <b>ScatterGatherTable</b>, unconditional. Mirrors what patch 07 makes of the system and the CMA
/// heap (<c>DMA_BUF_SIMPLE_SGT_EXP_MATCH</c>): the device to map for is the attachment's, not a field of an untyped one.
/// </summary>
/// <remarks>Needs no revocation: RAM stays until the last importer has gone. Safe for all threads.</remarks>
public sealed class HeapExporter : MachineExporter, IScatterGatherOperations
{
    private readonly DmaHeap _heap;
    private readonly ulong _size;

    internal HeapExporter(DmaHeap heap, ReadOnlySpan<PhysicalRange> ranges, ulong size)
        : base(heap.Name, heap.Machine, ranges)
    {
        _heap = heap;
        _size = size;
        Offers = OfferSource.Single(ScatterGatherMappingType.Offer(this));
    }

    /// <inheritdoc/>
    protected override OfferSource Offers { get; }

    /// <inheritdoc/>
    public ScatterGatherBacking? MapScatterGather(ScatterGatherAttachment attachment, DmaDirection direction, in ReservationLock held)
    {
        ArgumentNullException.ThrowIfNull(attachment);
        return ScatterGatherTableBuilder.Build(attachment.Device, provider: null, Ranges, _size, direction);
    }

    /// <inheritdoc/>
    public void UnmapScatterGather(ScatterGatherAttachment attachment, ScatterGatherBacking backing, DmaDirection direction, in ReservationLock held)
    {
        ArgumentNullException.ThrowIfNull(backing);
        backing.Release();
    }

    /// <inheritdoc/>
    protected override void OnRelease(DmaBuffer buffer) => _heap.Reclaim(Ranges);
}
