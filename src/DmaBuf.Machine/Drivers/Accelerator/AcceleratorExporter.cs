namespace DmaBuf.Machine;

/// <summary>
/// Shows a driver whose memory peers alone can reach: it cannot migrate, so the only offer is a <b>ScatterGatherTable</b> that requires a peer-to-peer path. Mirrors
/// habanalabs as patch 09 leaves it: an importer without a path fails at attach with EINVAL, where it used to attach and then fail at map with EPERM (D-20).
/// </summary>
/// <remarks>
/// A buffer is a list of blocks of device memory, in any order, so a table has several entries. There is no attach callback: it only computed the distance, which the
/// mapping type does by itself. Compare <see cref="PeerToPeerBarExporter"/>, whose memory can be taken away. Safe for all threads.
/// </remarks>
public sealed class AcceleratorExporter : MachineExporter, IScatterGatherOperations
{
    private readonly Accelerator _accelerator;
    private readonly ulong _size;

    internal AcceleratorExporter(Accelerator accelerator, ReadOnlySpan<PhysicalRange> blocks, ulong size)
        : base("accelerator", accelerator.Machine, blocks)
    {
        _accelerator = accelerator;
        _size = size;
        Offers = OfferSource.Single(
            ScatterGatherMappingType.OfferPeerToPeer(this, PeerToPeerRequirement.RequiresDistance, accelerator.Provider.Device));
    }

    /// <inheritdoc/>
    protected override OfferSource Offers { get; }

    /// <inheritdoc/>
    public ScatterGatherBacking? MapScatterGather(ScatterGatherAttachment attachment, DmaDirection direction, in ReservationLock held)
    {
        ArgumentNullException.ThrowIfNull(attachment);
        return ScatterGatherTableBuilder.Build(attachment.Device, _accelerator.Provider, Ranges, _size, direction);
    }

    /// <inheritdoc/>
    public void UnmapScatterGather(ScatterGatherAttachment attachment, ScatterGatherBacking backing, DmaDirection direction, in ReservationLock held)
    {
        ArgumentNullException.ThrowIfNull(backing);
        backing.Release();
    }

    /// <inheritdoc/>
    protected override void OnRelease(DmaBuffer buffer) => _accelerator.FreeBlocks(Ranges);
}
