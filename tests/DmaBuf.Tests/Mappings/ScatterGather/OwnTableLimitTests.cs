using DmaBuf.Tests.Fakes;
using static DmaBuf.Tests.Mappings.ScatterGather.TableTopology;

namespace DmaBuf.Tests.Mappings.ScatterGather;

/// <summary>An exporter that makes its entries itself is held to the device's limits when it maps.</summary>
public sealed class OwnTableLimitTests : BufferFixture
{
    [Theory]
    [InlineData(0x2000, ulong.MaxValue, 0x10_0000UL, 0x2000UL, true)]
    [InlineData(0x2000, ulong.MaxValue, 0x10_0000UL, 0x3000UL, false)]
    [InlineData(uint.MaxValue, 0xFFFFUL, 0x10_E000UL, 0x2000UL, true)]
    [InlineData(uint.MaxValue, 0xFFFFUL, 0x10_F000UL, 0x2000UL, false)]
    public void A_table_beyond_the_limits_is_given_back_and_refused(uint maximum, ulong mask, ulong address, ulong length, bool fits)
    {
        OwnTable exporter = new(Entry(address, length));
        using DmaBuffer buffer = Export(exporter, length);
        using ScatterGatherAttachment attachment = buffer.AttachScatterGather(new FakeDmaDevice { SegmentLimits = new DmaSegmentLimits(maximum, mask) });
        if (fits)
        {
            attachment.MapScatterGather(DmaDirection.ToDevice).Dispose();
        }
        else
        {
            DmaBufException refused = Assert.Throws<DmaBufException>(() => attachment.MapScatterGather(DmaDirection.ToDevice));
            Assert.Equal(Errno.EINVAL, refused.Errno);
            Assert.Contains("segments of at most", refused.Message, StringComparison.Ordinal);
        }

        Assert.Equal((1, 0), (exporter.Undone, attachment.LiveMappings));
    }

    private sealed class OwnTable(ScatterGatherEntry entry) : SimpleScatterGatherExporter("own")
    {
        internal int Undone { get; private set; }

        public override ScatterGatherBacking? MapScatterGather(ScatterGatherAttachment attachment, DmaDirection direction, in ReservationLock held)
            => new Backing(this, entry);

        public override void UnmapScatterGather(ScatterGatherAttachment attachment, ScatterGatherBacking backing, DmaDirection direction, in ReservationLock held)
            => backing.Release();

        protected internal override void OnRelease(DmaBuffer buffer)
        {
        }

        private sealed class Backing(OwnTable exporter, ScatterGatherEntry entry) : ScatterGatherBacking([entry], MappingCost.None)
        {
            protected override void Undo() => exporter.Undone++;
        }
    }
}
