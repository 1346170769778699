namespace DmaBuf.Machine;

/// <summary>
/// Shows an exporter that lists a private interconnect before a peer-to-peer table: parts of a virtual function's BAR, for its physical function by aperture offsets, and for
/// every other device that has a path by PCI addresses. Mirrors the exporter side of xe's VF BAR (spec 10.5).
/// </summary>
/// <remarks>
/// Requires revocation: the guest that has the virtual function may reset it. Each live mapping is counted, so that a test sees none left. Safe for all threads.
/// </remarks>
public sealed class VirtualFunctionExporter : MachineExporter, IApertureOperations, IScatterGatherOperations
{
    private readonly PeerToPeerProvider _provider;
    private readonly ApertureRange[] _parts;
    private readonly ulong _size;
    private int _mappings;

    private VirtualFunctionExporter(PartitionedGpu gpu, PciBar aperture, PeerToPeerProvider provider, ApertureRange[] parts, PhysicalRange[] ranges, ulong size)
        : base("virtual-function", gpu.Machine, ranges)
    {
        _provider = provider;
        _parts = parts;
        _size = size;
        MappingOfferList offers =
        [
            ApertureMappingType.Offer(gpu.PhysicalFunction, aperture, this),
            ScatterGatherMappingType.OfferPeerToPeer(this, PeerToPeerRequirement.RequiresDistance, aperture.Function),
        ];
        Offers = OfferSource.Computed(_ => offers);
    }

    /// <summary>Mappings by the physical function that live now.</summary>
    public int ApertureMappings => Volatile.Read(ref _mappings);

    /// <inheritdoc/>
    protected override OfferSource Offers { get; }

    /// <inheritdoc/>
    protected override bool RequiresRevocation => true;

    /// <summary>Exports parts of a virtual function's BAR.</summary>
    /// <param name="gpu">The GPU that the virtual function is of.</param>
    /// <param name="aperture">The virtual function's BAR; provisioned, and set up for peers.</param>
    /// <param name="parts">In the order of the buffer's bytes; whole pages inside the BAR, at least one.</param>
    /// <param name="options">Name, reservation, registry; null for the defaults.</param>
    /// <returns>The buffer; its contents are what the device memory holds.</returns>
    /// <exception cref="DmaBufException">
    /// EINVAL: no part, or not whole pages inside the BAR; ENOENT: the BAR shows no partition of that GPU; EOPNOTSUPP: not set up for peers. Else as
    /// <see cref="DmaBuffer.Export"/>.
    /// </exception>
    public static DmaBuffer Export(PartitionedGpu gpu, PciBar aperture, ReadOnlySpan<ApertureRange> parts, DmaBufferExportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(gpu);
        ArgumentNullException.ThrowIfNull(aperture);
        PhysicalRange[] ranges = new PhysicalRange[parts.Length];
        ulong size = 0;
        for (int index = 0; index < parts.Length; index++)
        {
            ranges[index] = BarPart.Require(gpu.Machine, aperture, parts[index].Offset, parts[index].Length);
            size = checked(size + parts[index].Length);
        }

        if (!gpu.Has(aperture))
        {
            throw new DmaBufException(Errno.ENOENT, $"A BAR of {aperture.Function} cannot be exported: it shows no partition of {gpu.PhysicalFunction}. Provision it first.");
        }

        return aperture.Provider is { } provider
            ? DmaBuffer.Export(new VirtualFunctionExporter(gpu, aperture, provider, parts.ToArray(), ranges, size), size, options)
            : throw new DmaBufException(Errno.EOPNOTSUPP, $"A BAR of {aperture.Function} cannot be exported to peers: it was added without peer-to-peer. Add it with.");
    }

    /// <inheritdoc/>
    public IReadOnlyList<ApertureRange> MapAperture(ApertureAttachment attachment, in ReservationLock held)
    {
        Interlocked.Increment(ref _mappings);
        return Array.AsReadOnly(_parts);
    }

    /// <inheritdoc/>
    public void UnmapAperture(ApertureAttachment attachment, in ReservationLock held) => Interlocked.Decrement(ref _mappings);

    /// <inheritdoc/>
    public ScatterGatherBacking? MapScatterGather(ScatterGatherAttachment attachment, DmaDirection direction, in ReservationLock held)
    {
        ArgumentNullException.ThrowIfNull(attachment);
        return ScatterGatherTableBuilder.Build(attachment.Device, _provider, Ranges, _size, direction);
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
