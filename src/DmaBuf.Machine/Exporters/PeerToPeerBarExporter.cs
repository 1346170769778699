namespace DmaBuf.Machine;

/// <summary>
/// Exports a part of a PCI function's BAR for peers alone, as GPU drivers do: one offer, a <b>ScatterGatherTable</b> that requires a peer-to-peer path to the
/// function. Compare <see cref="BarExporter"/>, which leaves tables to a converter and serves page-table owners, too.
/// </summary>
/// <remarks>Requires revocation, as <see cref="BarExporter"/> does and for the same reason. Safe for all threads.</remarks>
public sealed class PeerToPeerBarExporter : MachineExporter, IScatterGatherOperations
{
    private readonly PeerToPeerProvider _provider;
    private readonly ulong _length;

    private PeerToPeerBarExporter(SoftwareMachine machine, PciBar bar, PeerToPeerProvider provider, PhysicalRange part)
        : base("peer-bar", machine, [part])
    {
        _provider = provider;
        _length = part.Length;
        Offers = OfferSource.Single(ScatterGatherMappingType.OfferPeerToPeer(this, PeerToPeerRequirement.RequiresDistance, bar.Function));
    }

    /// <inheritdoc/>
    protected override OfferSource Offers { get; }

    /// <inheritdoc/>
    protected override bool RequiresRevocation => true;

    /// <summary>Exports a part of a BAR; the caller has the right to it until the buffer is released.</summary>
    /// <param name="machine">The machine that the BAR is of.</param>
    /// <param name="bar">The BAR; one that was set up for peers.</param>
    /// <param name="offset">The part's first byte; a multiple of 4096.</param>
    /// <param name="length">Bytes; a multiple of 4096, not zero.</param>
    /// <param name="options">Name, reservation, registry; null for the defaults.</param>
    /// <returns>The buffer; its contents are what the device memory holds.</returns>
    /// <exception cref="DmaBufException">
    /// EINVAL: not whole pages inside the BAR, or another machine's; EOPNOTSUPP: the BAR was not set up for peers. Else as <see cref="DmaBuffer.Export"/>.
    /// </exception>
    public static DmaBuffer Export(SoftwareMachine machine, PciBar bar, ulong offset, ulong length, DmaBufferExportOptions? options = null)
    {
        PhysicalRange part = BarPart.Require(machine, bar, offset, length);
        return bar.Provider is { } provider
            ? DmaBuffer.Export(new PeerToPeerBarExporter(machine, bar, provider, part), length, options)
            : throw new DmaBufException(
                Errno.EOPNOTSUPP, $"A BAR of {bar.Function} cannot be exported to peers: it was added without peer-to-peer. Add it with, or use {nameof(BarExporter)}.");
    }

    /// <inheritdoc/>
    public ScatterGatherBacking? MapScatterGather(ScatterGatherAttachment attachment, DmaDirection direction, in ReservationLock held)
    {
        ArgumentNullException.ThrowIfNull(attachment);
        return ScatterGatherTableBuilder.Build(attachment.Device, _provider, Ranges, _length, direction);
    }

    /// <inheritdoc/>
    public void UnmapScatterGather(ScatterGatherAttachment attachment, ScatterGatherBacking backing, DmaDirection direction, in ReservationLock held)
    {
        ArgumentNullException.ThrowIfNull(backing);
        backing.Release();
    }

    /// <inheritdoc/>
    protected override void OnRelease(DmaBuffer buffer)
    {
        // The BAR is the device's, before and after.
    }
}
