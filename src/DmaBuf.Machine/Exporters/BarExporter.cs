namespace DmaBuf.Machine;

/// <summary>
/// Exports a part of a PCI function's BAR, as VFIO does: device memory that is gone when the device is reset. Offers a <b>PhysicalAddressList</b> of MMIO that
/// both converters may serve; the table they make is subject to the peer-to-peer rules, because the offer carries the BAR's provider.
/// </summary>
/// <remarks>
/// Requires revocation: a device is reset whenever its owner likes, so an importer that can neither be told to let go nor be cut off is refused at attach. An I/O page table
/// can be cut off; physical addresses and bus addresses cannot, so their importers must be dynamic. Safe for all threads.
/// </remarks>
public sealed class BarExporter : MachineExporter, IPhysicalAddressListOperations
{
    private BarExporter(SoftwareMachine machine, PciBar bar, PhysicalRange part)
        : base("bar", machine, [part])
        => Offers = OfferSource.Single(PhysicalAddressListMappingType.Offer(this, new PhysicalAddressListOfferOptions
        {
            Kind = PhysicalMemoryKind.Mmio,
            Provider = bar.Provider,

            // Without a provider nobody knows the path to a peer, so only those who map physical ranges themselves can be served.
            Converters = bar.Provider is null
                ? PhysicalAddressConverters.IommuDomain
                : PhysicalAddressConverters.ScatterGather | PhysicalAddressConverters.IommuDomain,
        }));

    /// <inheritdoc/>
    protected override OfferSource Offers { get; }

    /// <inheritdoc/>
    protected override bool RequiresRevocation => true;

    /// <summary>Exports a part of a BAR; the caller has the right to it until the buffer is released.</summary>
    /// <param name="machine">The machine that the BAR is of.</param>
    /// <param name="bar">The BAR.</param>
    /// <param name="offset">The part's first byte; a multiple of 4096.</param>
    /// <param name="length">Bytes; a multiple of 4096, not zero.</param>
    /// <param name="options">Name, reservation, registry; null for the defaults.</param>
    /// <returns>The buffer; its contents are what the device memory holds.</returns>
    /// <exception cref="DmaBufException">EINVAL: not whole pages inside the BAR, or another machine's. Else as <see cref="DmaBuffer.Export"/>.</exception>
    public static DmaBuffer Export(SoftwareMachine machine, PciBar bar, ulong offset, ulong length, DmaBufferExportOptions? options = null)
        => DmaBuffer.Export(new BarExporter(machine, bar, BarPart.Require(machine, bar, offset, length)), length, options);

    /// <inheritdoc/>
    public PhysicalAddressList? MapPhysicalAddressList(Attachment attachment, in ReservationLock held)
        => PhysicalAddressList.Create(Ranges, PhysicalMemoryKind.Mmio, Cacheability.Uncached);

    /// <inheritdoc/>
    public void UnmapPhysicalAddressList(Attachment attachment, PhysicalAddressList list, in ReservationLock held)
    {
        // A BAR does not move, so a list that comes back leaves nothing to undo.
    }

    /// <inheritdoc/>
    protected override void OnRelease(DmaBuffer buffer)
    {
        // The BAR is the device's, before and after.
    }
}
