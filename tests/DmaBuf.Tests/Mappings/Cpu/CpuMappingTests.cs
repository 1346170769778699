using DmaBuf.Tests.Buffers;
using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Mappings.Cpu;

/// <summary>The Cpu type: what matches, leases with their brackets and fences, windows of large buffers, and the overlay of a forced revoke.</summary>
public sealed class CpuMappingTests : BufferFixture
{
    private const ulong ThreeGiB = 3UL << 30;

    [Theory]
    [InlineData(CpuAccess.Read, CpuCoherency.NeedsMaintenance, null)]
    [InlineData(CpuAccess.ReadWrite, CpuCoherency.NeedsMaintenance, "access")]
    [InlineData(CpuAccess.Read, CpuCoherency.Coherent, "coherency")]
    public void What_is_asked_beyond_the_offer_is_declined_with_a_remedy_that_works(CpuAccess access, CpuCoherency coherency, string? property)
    {
        using DmaBuffer buffer = Export(new MaintainingExporter(new WindowedMemory(4096), CpuAccess.Read));
        global::DmaBuf.Negotiation explained = buffer.Explain(Importer, CpuMappingType.Request(access, coherency));
        Assert.Equal(property, Assert.Single(explained.Pairs).Decline?.Property);
        Assert.Equal(property is not null, explained.Remedies.Count == 1);
        if (property is null)
        {
            Assert.Equal(MappingCost.CacheMaintenance, explained.Agreed!.Cost);
        }
    }

    [Fact]
    public void Every_lease_is_bracketed_by_the_exporters_maintenance_in_its_direction()
    {
        MaintainingExporter exporter = new(new WindowedMemory(4096));
        using DmaBuffer buffer = Export(exporter);
        using CpuAttachment attachment = buffer.Attach(Importer, CpuMappingType.Request(CpuAccess.ReadWrite));
        using CpuMapping mapping = attachment.MapCpu();
        using (CpuWriteLease lease = mapping.Write())
        {
            lease.Span.Fill(7);
        }

        using (CpuReadLease lease = mapping.Read())
        {
            Assert.Equal(7, lease.Span[4095]);
        }

        int sum = 0;
        mapping.Read(3, (bytes, state) => sum = bytes[0] * state);
        Assert.Equal(21, sum);
        Assert.Equal(
            ["attach", "begin Bidirectional", "end Bidirectional", "begin FromDevice", "end FromDevice", "begin FromDevice", "end FromDevice"],
            exporter.Trace);
    }

    [Fact]
    public void Memory_that_needs_maintenance_of_an_exporter_that_does_none_cannot_be_attached_to()
    {
        using DmaBuffer buffer = Export(new MaintainingExporter(new WindowedMemory(4096)).Offer);
        DmaBufException refused = Refusal.Expect(Errno.EINVAL, () => buffer.Attach(Importer, CpuMappingType.Request()));
        Assert.Contains("ICpuAccessExporter", refused.Message, StringComparison.Ordinal);
        Assert.Equal((0, 1), (buffer.AttachmentCount, buffer.ReferenceCount));
    }

    [Fact]
    public void A_lease_whose_maintenance_fails_has_not_begun()
    {
        MaintainingExporter exporter = new(new WindowedMemory(4096)) { FailBegin = new DmaBufException(Errno.EIO, "no flush") };
        using DmaBuffer buffer = Export(exporter);
        using CpuAttachment attachment = buffer.Attach(Importer, CpuMappingType.Request());
        CpuMapping mapping = attachment.MapCpu();
        Refusal.Expect(Errno.EIO, () => Look(mapping));
        Assert.Equal(0, mapping.Gate.Inside);
        mapping.Dispose();
        Assert.Equal(1, exporter.Memory!.Disposals);
    }

    [Fact]
    public void A_lease_that_ends_under_the_lock_ends_its_access_all_the_same()
    {
        MaintainingExporter exporter = new(new WindowedMemory(4096));
        using DmaBuffer buffer = Export(exporter);
        using CpuAttachment attachment = buffer.Attach(Importer, CpuMappingType.Request());
        using CpuMapping mapping = attachment.MapCpu();
        Refusal.Expect(Errno.EDEADLK, () =>
        {
            CpuReadLease lease = mapping.Read();
            using ReservationLock held = buffer.Reservation.Lock();
            lease.Dispose();
        });
        Assert.Equal(0, mapping.Gate.Inside);
    }

    [Fact]
    public void A_reader_waits_for_writers_and_a_writer_for_readers()
    {
        using DmaBuffer buffer = Export(new MaintainingExporter(new WindowedMemory(4096)));
        using CpuAttachment attachment = buffer.Attach(Importer, CpuMappingType.Request(CpuAccess.ReadWrite));
        using CpuMapping mapping = attachment.MapCpu();
        using CancellationTokenSource over = new();
        over.Cancel();
        using (FenceSource reading = MapTests.AddFence(buffer, FenceUsage.Read))
        {
            Look(mapping, over.Token);
            Assert.ThrowsAny<OperationCanceledException>(() => mapping.Write(over.Token).Dispose());
        }

        using FenceSource writing = MapTests.AddFence(buffer, FenceUsage.Write);
        Assert.ThrowsAny<OperationCanceledException>(() => Look(mapping, over.Token));
        writing.TrySignal();
        Look(mapping);
        Assert.Equal(0, mapping.Gate.Inside);
    }

    [Fact]
    public void A_buffer_beyond_2_GiB_is_seen_through_windows()
    {
        WindowedMemory memory = new(ThreeGiB);
        using DmaBuffer buffer = Export(new MaintainingExporter(memory), ThreeGiB);
        using CpuAttachment attachment = buffer.Attach(Importer, CpuMappingType.Request());
        using CpuMapping mapping = attachment.MapCpu();
        using CpuReadLease lease = mapping.Read();
        Assert.Equal(16, lease.Window(ThreeGiB - 16, 16).Length);
        Assert.Equal(ThreeGiB - 16, memory.LastOffset);
        Assert.Equal(0, lease.Window(ThreeGiB, 0).Length);
        Refusal.Expect(Errno.EOVERFLOW, () => TakeWhole(mapping));
    }

    [Theory]
    [InlineData(4096UL, 1)]
    [InlineData(4097UL, 0)]
    [InlineData(0UL, 4097)]
    [InlineData(0UL, -1)]
    [InlineData(ulong.MaxValue, 1)]
    [InlineData(1UL, int.MaxValue)]
    public void A_window_outside_the_buffer_is_EINVAL(ulong offset, int length)
    {
        using DmaBuffer buffer = Export(new MaintainingExporter(new WindowedMemory(8192)));
        using CpuAttachment attachment = buffer.Attach(Importer, CpuMappingType.Request(CpuAccess.ReadWrite));
        using CpuMapping mapping = attachment.MapCpu();
        Refusal.Expect(Errno.EINVAL, () =>
        {
            using CpuReadLease lease = mapping.Read();
            lease.Window(offset, length);
        });
        Refusal.Expect(Errno.EINVAL, () =>
        {
            using CpuWriteLease lease = mapping.Write();
            lease.Window(offset, length);
        });
        Assert.Equal(0, mapping.Gate.Inside);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_exporter_that_maps_less_than_the_buffer_is_refused(bool nothing)
    {
        WindowedMemory memory = new(4095);
        using DmaBuffer buffer = Export(new MaintainingExporter(nothing ? null : memory));
        using CpuAttachment attachment = buffer.Attach(Importer, CpuMappingType.Request());
        Refusal.Expect(nothing ? Errno.ENOMEM : Errno.EINVAL, () => attachment.MapCpu());
        Assert.Equal((nothing ? 0 : 1, 0), (memory.Disposals, attachment.LiveMappings));
    }

    [Theory]
    [InlineData(true, RevokeOutcome.Forced)]
    [InlineData(false, RevokeOutcome.Quarantined)]
    public void A_forced_revoke_overlays_the_pages_under_a_reader_and_frees_them_when_it_has_left(bool canOverlay, RevokeOutcome outcome)
    {
        WindowedMemory memory = new(4096) { CanOverlay = canOverlay };
        using DmaBuffer buffer = Export(new MaintainingExporter(memory));
        using CpuAttachment attachment = buffer.Attach(Importer, CpuMappingType.Request());
        Revocability revocability = canOverlay ? Revocability.Enforced : Revocability.Cooperative;
        Assert.Equal(revocability, attachment.Revocability);
        CpuMapping mapping = attachment.MapCpu();
        CpuReadLease lease = mapping.Read();
        RevokeReport report = Refusal.Ended(buffer.RevokeAsync(TimeSpan.Zero));
        Assert.Equal((outcome, revocability), (report.Outcome, Assert.Single(report.Attachments).Revocability));
        Assert.Equal((canOverlay ? 1 : 0, 0), (memory.Overlays, memory.Disposals));
        Assert.Equal(0, lease.Span[0]);
        Refusal.Expect(Errno.ENODEV, () => Look(mapping));
        lease.Dispose();
        mapping.Dispose();
        Assert.Equal((canOverlay ? 1 : 0, 1), (memory.Overlays, memory.Disposals));
        ExpectedProblems = canOverlay ? 0 : 1;
    }

    [Fact]
    public void An_exporter_that_may_need_its_memory_back_takes_the_CPU_only_where_pages_can_be_replaced()
    {
        using DmaBuffer replaceable = Export(new MaintainingExporter(new WindowedMemory(4096)) { MustRevoke = true });
        replaceable.Attach(Importer, CpuMappingType.Request()).Dispose();
        using DmaBuffer fixedInPlace = Export(new MaintainingExporter(new WindowedMemory(4096) { CanOverlay = false }) { MustRevoke = true });
        DmaBufException refused = Refusal.Expect(Errno.EOPNOTSUPP, () => fixedInPlace.Attach(Importer, CpuMappingType.Request()));
        Assert.Contains("cooperative revocable", refused.Message, StringComparison.Ordinal);
    }

    private static void Look(CpuMapping mapping, CancellationToken cancellationToken = default) => mapping.Read(cancellationToken).Dispose();

    private static void TakeWhole(CpuMapping mapping)
    {
        using CpuReadLease lease = mapping.Read();
        _ = lease.Span;
    }
}
