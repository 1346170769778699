namespace DmaBuf.Machine.Tests.SharedTests;

/// <summary>The DMA engine with a driver that asks for a table, as drivers in the kernel do, and lets it go when it is told to.</summary>
internal sealed class SoftwareTableSubject : SoftwareDmaSubject
{
    public override DmaBuffer Export(int pages) => RamExporter.Export(Machine, (ulong)pages * Page);

    /// <summary>An exporter of a list without converters makes no table.</summary>
    public override (DmaBuffer Buffer, string Property) ExportForeign()
        => (ListExporter.Export(DmaBufferRegistry.Default, new PhysicalRange(new PhysicalAddress(0), Page)).Buffer, "ScatterGatherTable");

    public override DeviceMapping Map(DmaBuffer buffer, DmaDirection direction, DmaAddress? at)
    {
        Assert.Null(at); // a driver takes what the DMA interface gives it
        Driver driver = new(Engine, buffer);
        return new DeviceMapping(driver.MapPages(direction), driver.Dispose);
    }

    private sealed class Driver : DynamicImporter, IDisposable
    {
        private readonly ScatterGatherAttachment _attachment;
        private ScatterGatherMapping? _mapping;

        internal Driver(DmaEngineDevice engine, DmaBuffer buffer)
            : base("driver")
            => _attachment = buffer.Attach(this, ScatterGatherMappingType.Request(engine));

        internal List<DmaAddress> MapPages(DmaDirection direction)
        {
            _mapping = _attachment.MapScatterGather(direction);
            using ScatterGatherLease lease = _mapping.ReadTable();
            List<DmaAddress> pages = [];
            foreach (ScatterGatherEntry entry in lease.Entries)
            {
                for (ulong offset = 0; offset < entry.Length; offset += Page)
                {
                    pages.Add(new DmaAddress(entry.Address.Value + offset));
                }
            }

            return pages;
        }

        public void Dispose()
        {
            using (ReservationLock held = _attachment.Buffer.Reservation.Lock())
            {
                LetGo(in held);
            }

            _attachment.Dispose();
        }

        protected override void OnInvalidate(Attachment attachment, InvalidateReason reason, in ReservationLock held)
        {
            if (reason != InvalidateReason.Unrevoke)
            {
                LetGo(in held);
            }
        }

        private void LetGo(in ReservationLock held)
        {
            if (_mapping is { } mapping)
            {
                _mapping = null;
                _attachment.UnmapScatterGatherLocked(in held, mapping);
            }
        }
    }
}
