using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Buffers;

/// <summary>Callbacks that come back into the core: exporters that move in pin or map, that throw where they must not, importers that dispose of what they were lent.</summary>
public sealed class ReentranceTests : BufferFixture
{
    private readonly FakeType _type = new();
    private readonly FakeDynamicImporter _dynamic = new();

    [Fact]
    public void An_exporter_may_move_while_it_pins()
    {
        FakePinningExporter exporter = new(_type.Offer());
        using DmaBuffer buffer = Export(exporter);
        FakeAttachment attachment = buffer.Attach(_dynamic, _type.Request());
        FakeMapping mapping = attachment.MapFake();
        _dynamic.Action = (Attachment _, InvalidateReason _, in ReservationLock held) => attachment.UnmapFakeLocked(in held, mapping);
        exporter.Pinning = buffer.Invalidate;
        using (ReservationLock held = buffer.Reservation.Lock())
        {
            attachment.Pin(in held);
            Assert.Equal((0, 0), (attachment.LiveMappings, buffer.MappingCount));
            attachment.Unpin(in held);
        }

        attachment.Detach();
        Assert.Equal(0, exporter.Pins);
    }

    [Fact]
    public void An_exporter_may_move_while_it_maps()
    {
        using DmaBuffer buffer = Export(_type.Offer());
        FakeAttachment attachment = buffer.Attach(_dynamic, _type.Request());
        FakeMapping first = attachment.MapFake();
        attachment.Mapping = buffer.Invalidate;
        FakeMapping second = attachment.MapFake();
        Assert.Equal((true, false, 2), (first.IsInvalidated, second.IsInvalidated, attachment.LiveMappings));
        first.Dispose();
        second.Dispose();
        Assert.Equal((0, 0), (attachment.LiveMappings, buffer.MappingCount));
        attachment.Detach();
    }

    [Fact]
    public void An_attachment_that_is_disposed_while_it_is_pinned_stays_unpinned()
    {
        FakePinningExporter exporter = new(_type.Offer());
        using DmaBuffer buffer = Export(exporter);
        FakeAttachment attachment = buffer.Attach(_dynamic, _type.Request());
        exporter.Pinning = (in ReservationLock _) => attachment.Dispose();
        Assert.Throws<ObjectDisposedException>(() =>
        {
            using ReservationLock held = buffer.Reservation.Lock();
            attachment.Pin(in held);
        });
        Assert.Equal((0, AttachmentPhase.Detached), (exporter.Pins, attachment.Phase));
    }

    [Fact]
    public void An_unpin_that_throws_ends_the_mapping_all_the_same()
    {
        FakePinningExporter exporter = new(_type.Offer()) { FailUnpin = new InvalidOperationException("an exporter's mistake") };
        using DmaBuffer buffer = Export(exporter);
        FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        attachment.MapFake().Dispose();
        Assert.Equal((0, 0), (attachment.LiveMappings, buffer.MappingCount));
        attachment.Detach();
        ExpectedProblems = 1;
    }

    [Fact]
    public void An_unmap_that_throws_while_a_map_is_undone_hides_neither_the_reason_nor_the_pin()
    {
        FakePinningExporter exporter = new(_type.Offer());
        using DmaBuffer buffer = Export(exporter);
        using FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        attachment.MapCost = MappingCost.Copy;
        attachment.FailUnmap = new TimeZoneNotFoundException();
        Refusal.Expect(Errno.EOPNOTSUPP, () => attachment.MapFake());
        Assert.Equal(0, exporter.Pins);
        ExpectedProblems = 1;
    }

    [Fact]
    public void A_callback_cannot_leave_the_lock_that_it_was_lent()
    {
        using DmaBuffer buffer = Export(_type.Offer());
        using FakeAttachment attachment = buffer.Attach(_dynamic, _type.Request());
        _dynamic.Action = static (Attachment _, InvalidateReason _, in ReservationLock held) => held.Dispose();
        attachment.Mapping = static (in ReservationLock held) => held.Dispose();
        attachment.MapFake().Dispose();
        using ReservationLock lockOfTheExporter = buffer.Reservation.Lock();
        buffer.Invalidate(in lockOfTheExporter);
        Assert.Single(_dynamic.Calls);
        Assert.True(lockOfTheExporter.IsHeld);
    }

    [Fact]
    public void A_disposed_attachment_is_not_told_any_more()
    {
        using DmaBuffer buffer = Export(_type.Offer());
        FakeAttachment attachment = buffer.Attach(_dynamic, _type.Request());
        AccessScope access = attachment.MapFake().Enter();
        attachment.Dispose();
        using (ReservationLock held = buffer.Reservation.Lock())
        {
            buffer.Invalidate(in held);
        }

        Assert.Empty(_dynamic.Calls);
        access.Dispose();
        Assert.Equal(AttachmentPhase.Detached, attachment.Phase);
        ExpectedProblems = 1;
    }

    [Fact]
    public void Teardown_under_the_lock_of_another_buffer_loses_nothing()
    {
        using DmaBuffer other = Export(_type.Offer());
        DmaBuffer buffer = Export(_type.Offer());
        FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        FakeMapping mapping = attachment.MapFake();
        using (other.Reservation.Lock())
        {
            mapping.Dispose();
            attachment.Dispose();
            buffer.Dispose();
        }

        Assert.Equal((1, true), (attachment.Unmaps, buffer.IsReleased));
    }

    [Fact]
    public void A_detached_attachment_announces_no_work()
    {
        using DmaBuffer buffer = Export(_type.Offer());
        FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        attachment.Detach();
        using FenceSource work = new FenceContext("engine").CreateFence();
        Assert.Throws<ObjectDisposedException>(() =>
        {
            using ReservationLock held = buffer.Reservation.Lock();
            attachment.AddFence(in held, work.Fence, FenceUsage.Write);
        });
        Assert.True(buffer.Reservation.IsReadable);
    }

    [Fact]
    public void Detaching_what_was_never_attached_says_so()
    {
        Attachment? refused = null;
        FakeExporter exporter = new(_type.Offer())
        {
            Attaching = attachment =>
            {
                refused = attachment;
                throw new DmaBufException(Errno.EBUSY, "not now");
            },
        };
        using DmaBuffer buffer = Export(exporter);
        Refusal.Expect(Errno.EBUSY, () => buffer.Attach(Importer, _type.Request()));
        Assert.Contains("its attach failed", Refusal.Expect(Errno.EINVAL, refused!.Detach).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_CPU_begins_nothing_on_a_revoked_buffer()
    {
        using DmaBuffer buffer = Export(_type.Offer());
        await buffer.RevokeAsync(TimeSpan.Zero);
        Refusal.Expect(Errno.ENODEV, () => buffer.BeginCpuAccess(DmaDirection.FromDevice));
    }

    [Fact]
    public void An_exporter_without_offers_is_EINVAL_even_while_it_goes_away()
        => Refusal.Expect(Errno.EINVAL, () => Export(new FakeExporter((OfferSource?)null) { Going = true }));
}
