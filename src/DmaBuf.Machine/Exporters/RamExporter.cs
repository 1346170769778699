namespace DmaBuf.Machine;

/// <summary>
/// Exports scattered pages of the machine's RAM, as the kernel's system heap does. Offers one mapping type, a plain <b>ScatterGatherTable</b>: it will map its pages
/// for any device, and shows nobody where they lie.
/// </summary>
/// <remarks>
/// The smallest useful exporter: one offer, a map that asks the builder for a table, an unmap that releases it, and a release that frees the pages. Needs no revocation:
/// RAM stays where it is until the last importer has gone. Safe for all threads.
/// </remarks>
public sealed class RamExporter : MachineExporter, IScatterGatherOperations
{
    private readonly ulong _size;

    private RamExporter(SoftwareMachine machine, ulong size, RamPlacement placement)
        : base("ram", machine, machine.Ram.AllocateScattered(size, MachinePage.Size, placement))
    {
        _size = size;
        Offers = OfferSource.Single(ScatterGatherMappingType.Offer(this));
    }

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
        RamExporter exporter = new(machine, size, placement);
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
    public ScatterGatherBacking? MapScatterGather(ScatterGatherAttachment attachment, DmaDirection direction, in ReservationLock held)
    {
        ArgumentNullException.ThrowIfNull(attachment);

        // No provider: the ranges are RAM, to which no peer-to-peer rule applies.
        return ScatterGatherTableBuilder.Build(attachment.Device, provider: null, Ranges, _size, direction);
    }

    /// <inheritdoc/>
    public void UnmapScatterGather(ScatterGatherAttachment attachment, ScatterGatherBacking backing, DmaDirection direction, in ReservationLock held)
    {
        ArgumentNullException.ThrowIfNull(backing);
        backing.Release();
    }

    /// <inheritdoc/>
    protected override void OnRelease(DmaBuffer buffer) => Machine.Ram.Free(Ranges);
}
