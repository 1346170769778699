namespace DmaBuf.Machine;

/// <summary>
/// Exports a part of a controller memory buffer: one offer, a <b>ScatterGatherTable</b> that requires a peer-to-peer path. The last reference to go gives the part back.
/// </summary>
/// <remarks>
/// Requires revocation, because a controller is reset whenever its owner likes, so importers must be dynamic. After a removal of the controller every access faults. Safe for all threads.
/// </remarks>
public sealed class ControllerMemoryExporter : MachineExporter, IScatterGatherOperations
{
    private readonly PeerToPeerProvider _provider;
    private readonly MemoryArea _area;
    private readonly PhysicalRange _part;

    private ControllerMemoryExporter(SoftwareMachine machine, PciBar bar, MemoryArea area, PhysicalRange part)
        : base("controller-memory", machine, [part])
    {
        _provider = bar.Provider!;
        _area = area;
        _part = part;
        Offers = OfferSource.Single(ScatterGatherMappingType.OfferPeerToPeer(this, PeerToPeerRequirement.RequiresDistance, bar.Function));
    }

    /// <inheritdoc/>
    protected override OfferSource Offers { get; }

    /// <inheritdoc/>
    protected override bool RequiresRevocation => true;

    /// <inheritdoc/>
    public ScatterGatherBacking? MapScatterGather(ScatterGatherAttachment attachment, DmaDirection direction, in ReservationLock held)
    {
        ArgumentNullException.ThrowIfNull(attachment);
        return ScatterGatherTableBuilder.Build(attachment.Device, _provider, Ranges, _part.Length, direction);
    }

    /// <inheritdoc/>
    public void UnmapScatterGather(ScatterGatherAttachment attachment, ScatterGatherBacking backing, DmaDirection direction, in ReservationLock held)
    {
        ArgumentNullException.ThrowIfNull(backing);
        backing.Release();
    }

    internal static DmaBuffer Export(SoftwareMachine machine, PciBar bar, MemoryArea area, ulong size, DmaBufferExportOptions? options)
    {
        PhysicalRange part = area.Allocate(size);
        bool exported = false;
        try
        {
            DmaBuffer buffer = DmaBuffer.Export(new ControllerMemoryExporter(machine, bar, area, part), size, options);
            exported = true;
            return buffer;
        }
        finally
        {
            if (!exported)
            {
                area.Free(part);
            }
        }
    }

    /// <inheritdoc/>
    protected override void OnRelease(DmaBuffer buffer) => _area.Free(_part);
}
