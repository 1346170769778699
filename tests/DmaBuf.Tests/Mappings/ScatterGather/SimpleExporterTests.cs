using DmaBuf.Tests.Conformance;
using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Mappings.ScatterGather;

/// <summary>The exporter with one constant plain table, and the suite's case <c>sgt_attach / simple_sgt</c> with it (spec section 8).</summary>
public sealed class SimpleExporterTests : BufferFixture
{
    [Fact]
    public void Sgt_attach_simple_sgt_agrees_on_the_exporters_own_table_without_peers()
    {
        NoMemory exporter = new();
        DirectDevice device = new();
        DmaBuffer buffer = Export(exporter);
        ScatterGatherAttachment attachment = buffer.AttachScatterGather(device);
        Assert.Same(ScatterGatherMappingType.Instance, attachment.Type);
        Assert.Same(device, attachment.Device);
        Assert.Same(exporter, attachment.Operations);
        Assert.False(attachment.PeerToPeerAllowed);
        attachment.Detach();
        Assert.Equal(0, exporter.Maps);
        buffer.Dispose();
        Assert.Equal(1, exporter.Releases);
    }

    [Fact]
    public void Its_map_is_called_by_map_alone_and_its_errno_reaches_the_importer()
    {
        NoMemory exporter = new();
        using DmaBuffer buffer = Export(exporter);
        using ScatterGatherAttachment attachment = buffer.AttachScatterGather(new DirectDevice());
        Refusal.Expect(Errno.ENODEV, () => attachment.MapScatterGather(DmaDirection.ToDevice));
        Assert.Equal((1, 0), (exporter.Maps, attachment.LiveMappings));
    }

    /// <summary>The suite's mock: a map that answers ENODEV.</summary>
    private sealed class NoMemory() : SimpleScatterGatherExporter("simple")
    {
        internal int Maps { get; private set; }

        internal int Releases { get; private set; }

        public override ScatterGatherBacking? MapScatterGather(ScatterGatherAttachment attachment, DmaDirection direction, in ReservationLock held)
        {
            held.Reservation.ThrowIfNotHeldBy(in held);
            Maps++;
            throw new DmaBufException(Errno.ENODEV, "There is no memory behind this exporter.");
        }

        public override void UnmapScatterGather(ScatterGatherAttachment attachment, ScatterGatherBacking backing, DmaDirection direction, in ReservationLock held)
            => Assert.Fail("Nothing was mapped.");

        protected internal override void OnRelease(DmaBuffer buffer) => Releases++;
    }
}
