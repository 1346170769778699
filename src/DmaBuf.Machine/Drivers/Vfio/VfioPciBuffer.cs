namespace DmaBuf.Machine;

/// <summary>
/// Shows an exporter with two own offers in its order of preference: <b>PhysicalAddressList</b> first, for an importer that fills I/O page tables and is
/// trusted with addresses, and a <b>ScatterGatherTable</b> that requires a peer-to-peer path, for every device else.
/// </summary>
/// <remarks>
/// Neither the offers nor the maps look at the VFIO device: what they need, they own from export to release (defects D-2 and D-3). Whether the buffer is revoked
/// is the core's to know: it refuses attach and map with ENODEV. Safe for all threads.
/// </remarks>
internal sealed class VfioPciBuffer : DmaBufferExporter, IPhysicalAddressListOperations, IScatterGatherOperations
{
    private readonly VfioPciDevice _device;
    private readonly PeerToPeerProvider _provider;
    private readonly PhysicalRange[] _ranges;
    private readonly MappingOfferList _offers;

    internal VfioPciBuffer(VfioPciDevice device, PciBar bar, PeerToPeerProvider provider, PhysicalRange[] ranges)
        : base("vfio-pci")
    {
        _device = device;
        _provider = provider;
        _ranges = ranges;
        _offers =
        [
            PhysicalAddressListMappingType.Offer(this, new PhysicalAddressListOfferOptions { Kind = PhysicalMemoryKind.Mmio, Provider = provider }),
            ScatterGatherMappingType.OfferPeerToPeer(this, PeerToPeerRequirement.RequiresDistance, bar.Function),
        ];
        Offers = OfferSource.Computed(_ => _offers);
    }

    /// <summary>The buffer; null before it was exported. Guarded by the device.</summary>
    internal DmaBuffer? Buffer { get; set; }

    /// <inheritdoc/>
    protected override OfferSource Offers { get; }

    /// <summary>A guest disables or resets its device whenever it likes.</summary>
    protected override bool RequiresRevocation => true;

    /// <inheritdoc/>
    public PhysicalAddressList? MapPhysicalAddressList(Attachment attachment, in ReservationLock held)
        => PhysicalAddressList.Create(_ranges, PhysicalMemoryKind.Mmio, Cacheability.Uncached);

    /// <inheritdoc/>
    public void UnmapPhysicalAddressList(Attachment attachment, PhysicalAddressList list, in ReservationLock held)
    {
        // A BAR does not move: a list that comes back leaves nothing to undo.
    }

    /// <inheritdoc/>
    public ScatterGatherBacking? MapScatterGather(ScatterGatherAttachment attachment, DmaDirection direction, in ReservationLock held)
    {
        ArgumentNullException.ThrowIfNull(attachment);
        return ScatterGatherTableBuilder.Build(attachment.Device, _provider, _ranges, attachment.Buffer.Size, direction);
    }

    /// <inheritdoc/>
    public void UnmapScatterGather(ScatterGatherAttachment attachment, ScatterGatherBacking backing, DmaDirection direction, in ReservationLock held)
    {
        ArgumentNullException.ThrowIfNull(backing);
        backing.Release();
    }

    /// <inheritdoc/>
    protected override void OnAttach(Attachment attachment) => _device.TakePower();

    /// <inheritdoc/>
    protected override void OnDetach(Attachment attachment) => _device.DropPower();

    /// <inheritdoc/>
    protected override void OnRelease(DmaBuffer buffer) => _device.Forget(this);
}
