namespace DmaBuf.Machine;

/// <summary>
/// Exports scattered pages of the machine's RAM as a <b>PhysicalAddressList</b> and implements nothing else: the core's converters make a scatter/gather table, or
/// entries of an importer's I/O page table, of it.
/// </summary>
/// <remarks>
/// How a driver is written once converters are at hand: it says where its memory lies, once, and every importer that is not trusted with physical addresses is served all
/// the same. Compare <see cref="RamExporter"/>, which maps for devices itself. Needs no revocation. Safe for all threads.
/// </remarks>
public sealed class PhysicalRamExporter : MachineExporter, IPhysicalAddressListOperations
{
    private PhysicalRamExporter(SoftwareMachine machine, ulong size, RamPlacement placement)
        : base("physical-ram", machine, machine.Ram.AllocateScattered(size, MachinePage.Size, placement))
        => Offers = OfferSource.Single(PhysicalAddressListMappingType.Offer(this, new PhysicalAddressListOfferOptions
        {
            Kind = PhysicalMemoryKind.Ram,
            Converters = PhysicalAddressConverters.ScatterGather | PhysicalAddressConverters.IommuDomain,
        }));

    /// <inheritdoc/>
    protected override OfferSource Offers { get; }

    /// <summary>Allocates pages that do not lie next to each other, zeroed, and exports them.</summary>
    /// <param name="machine">Whose RAM is used.</param>
    /// <param name="size">Bytes; a multiple of 4096, not zero.</param>
    /// <param name="options">Name, reservation, registry; null for the defaults.</param>
    /// <returns>The buffer; the last reference to go frees the pages.</returns>
    /// <exception cref="DmaBufException">EINVAL: the size; ENOMEM: no such RAM is free. Else as <see cref="DmaBuffer.Export"/>.</exception>
    public static DmaBuffer Export(SoftwareMachine machine, ulong size, DmaBufferExportOptions? options = null)
        => Export(machine, size, RamPlacement.Anywhere, options);

    /// <summary>The same with a wish for the place of the pages.</summary>
    /// <param name="machine">Whose RAM is used.</param>
    /// <param name="size">Bytes; a multiple of 4096, not zero.</param>
    /// <param name="placement">Where the pages are wanted, for example near the device that will use them.</param>
    /// <param name="options">Name, reservation, registry; null for the defaults.</param>
    /// <returns>The buffer; the last reference to go frees the pages.</returns>
    /// <exception cref="DmaBufException">EINVAL: the size; ENOMEM: no such RAM is free there. Else as <see cref="DmaBuffer.Export"/>.</exception>
    public static DmaBuffer Export(SoftwareMachine machine, ulong size, RamPlacement placement, DmaBufferExportOptions? options)
    {
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(placement);
        PhysicalRamExporter exporter = new(machine, size, placement);
        bool exported = false;
        try
        {
            DmaBuffer buffer = DmaBuffer.Export(exporter, size, options);
            exported = true;
            return buffer;
        }
        finally
        {
            if (!exported)
            {
                machine.Ram.Free(exporter.Ranges);
            }
        }
    }

    /// <inheritdoc/>
    public PhysicalAddressList? MapPhysicalAddressList(Attachment attachment, in ReservationLock held)
        => PhysicalAddressList.Create(Ranges, PhysicalMemoryKind.Ram, Cacheability.Cached);

    /// <inheritdoc/>
    public void UnmapPhysicalAddressList(Attachment attachment, PhysicalAddressList list, in ReservationLock held)
    {
        // The pages stay where they are until release, so a list that comes back leaves nothing to undo.
    }

    /// <inheritdoc/>
    protected override void OnRelease(DmaBuffer buffer) => Machine.Ram.Free(Ranges);
}
