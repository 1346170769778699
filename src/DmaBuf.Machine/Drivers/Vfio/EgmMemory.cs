namespace DmaBuf.Machine;

/// <summary>
/// Shows an exporter with one offer: RAM that belongs to a GPU (extended GPU memory, EGM), exported as a <b>PhysicalAddressList</b> of kind RAM and as nothing else. An
/// importer that takes no physical addresses is refused, because no converter is named.
/// </summary>
/// <remarks>
/// The kernel has one more difference that is a defect here: its match asserts a lock that nobody holds (D-2). The RAM is never taken away, so static importers are
/// welcome. Safe for all threads.
/// </remarks>
public static class EgmMemory
{
    /// <summary>Allocates contiguous RAM and exports it; the last reference frees it.</summary>
    /// <param name="machine">Whose RAM is used.</param>
    /// <param name="size">Bytes; a multiple of 4096, not zero.</param>
    /// <param name="options">Name, reservation, registry; null for the defaults.</param>
    /// <returns>The buffer, owned by the caller.</returns>
    /// <exception cref="DmaBufException">EINVAL: the size; ENOMEM: no such RAM is free. Else as <see cref="DmaBuffer.Export"/>; nothing is left then.</exception>
    public static DmaBuffer Export(SoftwareMachine machine, ulong size, DmaBufferExportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(machine);
        PhysicalRange range = machine.Ram.AllocateContiguous(size);
        DmaBuffer? buffer = null;
        try
        {
            buffer = DmaBuffer.Export(new Exporter(machine, range), size, options);
            return buffer;
        }
        finally
        {
            if (buffer is null)
            {
                machine.Ram.Free(range);
            }
        }
    }

    private sealed class Exporter : DmaBufferExporter, IPhysicalAddressListOperations
    {
        private readonly SoftwareMachine _machine;
        private readonly PhysicalRange _range;

        internal Exporter(SoftwareMachine machine, PhysicalRange range)
            : base("egm")
        {
            _machine = machine;
            _range = range;
            Offers = OfferSource.Single(PhysicalAddressListMappingType.Offer(this, new PhysicalAddressListOfferOptions { Kind = PhysicalMemoryKind.Ram }));
        }

        protected override OfferSource Offers { get; }

        public PhysicalAddressList? MapPhysicalAddressList(Attachment attachment, in ReservationLock held)
            => PhysicalAddressList.Create([_range], PhysicalMemoryKind.Ram, Cacheability.Cached);

        public void UnmapPhysicalAddressList(Attachment attachment, PhysicalAddressList list, in ReservationLock held)
        {
            // The RAM stays where it is until release.
        }

        protected override void OnRelease(DmaBuffer buffer) => _machine.Ram.Free(_range);
    }
}
