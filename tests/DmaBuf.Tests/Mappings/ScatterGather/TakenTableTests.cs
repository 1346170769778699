using DmaBuf.Tests.Conformance;
using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Mappings.ScatterGather;

/// <summary>A table that goes between the begin of an access and the look at it, which is when a forced revoke may come.</summary>
public sealed class TakenTableTests : BufferFixture
{
    private const ulong Page = 4096;

    [Fact]
    public void A_look_at_a_table_that_has_gone_leaves_no_access_behind()
    {
        KeepingExporter exporter = new();
        using DmaBuffer buffer = Export(exporter, Page);
        ScatterGatherAttachment attachment = buffer.AttachScatterGather(new DirectDevice());
        ScatterGatherMapping mapping = attachment.MapScatterGather(DmaDirection.Bidirectional);
        exporter.Backing!.ReleaseWhileInUse();
        Assert.Throws<ObjectDisposedException>(() => mapping.ReadTable().Dispose());
        mapping.Dispose();
        Assert.Equal(0, attachment.LiveMappings);
        attachment.Detach();
    }

    private sealed class KeepingExporter() : SimpleScatterGatherExporter("keeping")
    {
        internal ScatterGatherBacking? Backing { get; private set; }

        public override ScatterGatherBacking? MapScatterGather(ScatterGatherAttachment attachment, DmaDirection direction, in ReservationLock held)
            => Backing = ScatterGatherTableBuilder.Build(attachment.Device, provider: null, [new PhysicalRange(new PhysicalAddress(0x8000), Page)], Page, direction);

        public override void UnmapScatterGather(
            ScatterGatherAttachment attachment, ScatterGatherBacking backing, DmaDirection direction, in ReservationLock held) => backing.Release();

        protected internal override void OnRelease(DmaBuffer buffer)
        {
        }
    }
}
