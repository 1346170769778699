using DmaBuf.Testing;

namespace DmaBuf.Tests.Conformance;

/// <summary>The simplest exporter of tables: one constant offer, which it maps by itself.</summary>
internal sealed class TableSubject : MappingTypeSubject
{
    private readonly DirectDevice _device = new();

    public override DmaBuffer Export(DmaBufferExportOptions options) => DmaBuffer.Export(new Exporter(), 4096, options);

    public override MappingRequest AcceptedRequest() => ScatterGatherMappingType.Request(_device);

    public override MappingRequest? DeclinedRequest() => ScatterGatherMappingType.Request(_device, ceiling: MappingCost.None);

    public override Mapping Map(Attachment attachment) => ((ScatterGatherAttachment)attachment).MapScatterGather(DmaDirection.Bidirectional);

    public override Mapping? MapLocked(Attachment attachment, in ReservationLock held)
        => ((ScatterGatherAttachment)attachment).MapScatterGatherLocked(in held, DmaDirection.Bidirectional);

    public override void Access(Mapping mapping, Action inside)
    {
        using ScatterGatherLease lease = ((ScatterGatherMapping)mapping).ReadTable();
        Assert.Equal(4096U, lease.Entries[0].Length);
        inside();
    }

    public override Func<bool>? KeepWayIn(Mapping mapping)
    {
        using ScatterGatherLease lease = ((ScatterGatherMapping)mapping).ReadTable();
        DmaRange range = new(lease.Entries[0].Address, lease.Entries[0].Length);
        return () => _device.Mapped.Contains(range);
    }

    public override string? FindLeftovers() => _device.Mapped.Count == 0 ? null : $"{_device.Mapped.Count} ranges are mapped for the device";

    private sealed class Exporter() : SimpleScatterGatherExporter("simple")
    {
        public override ScatterGatherBacking? MapScatterGather(ScatterGatherAttachment attachment, DmaDirection direction, in ReservationLock held)
            => ScatterGatherTableBuilder.Build(attachment.Device, provider: null, [new PhysicalRange(new PhysicalAddress(0x8000), 4096)], 4096, direction);

        public override void UnmapScatterGather(
            ScatterGatherAttachment attachment, ScatterGatherBacking backing, DmaDirection direction, in ReservationLock held) => backing.Release();

        protected internal override void OnRelease(DmaBuffer buffer)
        {
        }
    }
}
