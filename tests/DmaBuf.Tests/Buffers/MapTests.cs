using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Buffers;

/// <summary>The frame around every map and unmap (spec 2.9, 2.10): checks, pins, waits, and the undoing of each failure.</summary>
public sealed class MapTests : BufferFixture
{
    private readonly FakeType _type = new();

    [Fact]
    public void A_static_importer_is_pinned_around_its_mapping()
    {
        FakePinningExporter exporter = new(_type.Offer());
        using DmaBuffer buffer = Export(exporter);
        using FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        FakeMapping first = attachment.MapFake();
        FakeMapping second = attachment.MapFake();
        Assert.Equal((2, 2, 2), (exporter.Pins, attachment.LiveMappings, buffer.MappingCount));
        first.Dispose();
        second.Dispose();
        second.Dispose();
        Assert.Equal((0, 0, 0), (exporter.Pins, attachment.LiveMappings, buffer.MappingCount));
        Assert.Equal(["attach", "pin", "pin", "unpin", "unpin"], exporter.Trace);
    }

    [Fact]
    public void A_dynamic_importer_is_not_pinned()
    {
        FakePinningExporter exporter = new(_type.Offer());
        using DmaBuffer buffer = Export(exporter);
        using FakeAttachment attachment = buffer.Attach(new FakeDynamicImporter(), _type.Request());
        attachment.MapFake().Dispose();
        Assert.Equal(["attach"], exporter.Trace);
    }

    [Fact]
    public void A_failing_pin_maps_nothing_and_unpins_nothing()
    {
        FakePinningExporter exporter = new(_type.Offer()) { FailPin = new DmaBufException(Errno.EBUSY, "pinned elsewhere") };
        using DmaBuffer buffer = Export(exporter);
        using FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        Refusal.Expect(Errno.EBUSY, () => attachment.MapFake());
        Assert.Empty(attachment.Trace);
        Assert.Equal(["attach", "pin"], exporter.Trace);
        AssertUnmapped(buffer, attachment);
    }

    [Fact]
    public void A_failing_map_is_unpinned_and_keeps_its_errno()
    {
        FakePinningExporter exporter = new(_type.Offer());
        using DmaBuffer buffer = Export(exporter);
        using FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        attachment.FailMap = static () => new DmaBufException(Errno.EFAULT, "no window");
        Refusal.Expect(Errno.EFAULT, () => attachment.MapFake());
        attachment.FailMap = static () => new TimeZoneNotFoundException();
        Assert.Throws<TimeZoneNotFoundException>(() => attachment.MapFake());
        Assert.Equal((0, 0), (exporter.Pins, attachment.Unmaps));
        AssertUnmapped(buffer, attachment);
        attachment.FailMap = null;
        attachment.MapFake().Dispose();
    }

    [Fact]
    public void A_map_that_returns_nothing_is_ENOMEM()
    {
        FakePinningExporter exporter = new(_type.Offer());
        using DmaBuffer buffer = Export(exporter);
        using FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        attachment.ReturnNothing = true;
        Refusal.Expect(Errno.ENOMEM, () => attachment.MapFake());
        Assert.Equal((0, 0), (exporter.Pins, attachment.Unmaps));
        AssertUnmapped(buffer, attachment);
    }

    [Fact]
    public void A_map_that_costs_more_than_agreed_is_undone()
    {
        _type.Cost = MappingCost.IommuMap;
        FakePinningExporter exporter = new(_type.Offer());
        using DmaBuffer buffer = Export(exporter);
        using FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        attachment.MapCost = MappingCost.IommuMap | MappingCost.Copy;
        DmaBufException refused = Refusal.Expect(Errno.EOPNOTSUPP, () => attachment.MapFake());
        Assert.Contains("Copy", refused.Message, StringComparison.Ordinal);
        Assert.Equal((0, 1), (exporter.Pins, attachment.Unmaps));
        AssertUnmapped(buffer, attachment);
        attachment.MapCost = MappingCost.None;
        using FakeMapping cheaper = attachment.MapFake();
        Assert.Equal(MappingCost.None, cheaper.Cost);
    }

    [Fact]
    public void A_ticket_makes_one_fresh_mapping_and_none_is_made_without_it()
    {
        FakePinningExporter exporter = new(_type.Offer());
        using DmaBuffer buffer = Export(exporter);
        using FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        attachment.MakeTwo = true;
        Assert.Throws<InvalidOperationException>(() => attachment.MapFake());
        attachment.MakeTwo = false;
        FakeMapping kept = attachment.MapFake();
        attachment.ReturnInstead = kept;
        Assert.Throws<InvalidOperationException>(() => attachment.MapFake());
        Assert.Equal((1, 1), (attachment.LiveMappings, exporter.Pins));
        Assert.True(kept.IsAccessible);
        kept.Dispose();
        Assert.Throws<InvalidOperationException>(static () => new FakeMapping(default, MappingCost.None));
    }

    [Fact]
    public void A_second_unmap_is_EINVAL_and_a_second_dispose_is_nothing()
    {
        using DmaBuffer buffer = Export(_type.Offer());
        using FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        FakeMapping mapping = attachment.MapFake();
        attachment.UnmapFake(mapping);
        Refusal.Expect(Errno.EINVAL, () => attachment.UnmapFake(mapping));
        mapping.Dispose();
        Assert.Equal(1, attachment.Unmaps);
        Assert.Throws<ObjectDisposedException>(() => Enter(mapping));
    }

    [Fact]
    public void Unmapping_another_attachments_mapping_is_EINVAL_and_changes_nothing()
    {
        using DmaBuffer buffer = Export(_type.Offer());
        using FakeAttachment mine = buffer.Attach(Importer, _type.Request());
        using FakeAttachment other = buffer.Attach(new DmaBufferImporter("other"), _type.Request());
        using FakeMapping mapping = mine.MapFake();
        Refusal.Expect(Errno.EINVAL, () => other.UnmapFake(mapping));
        Refusal.Expect(Errno.EINVAL, () =>
        {
            using ReservationLock held = buffer.Reservation.Lock();
            other.UnmapFakeLocked(in held, mapping);
        });
        Assert.Equal((1, 0), (mine.LiveMappings, other.LiveMappings));
        Assert.True(mapping.IsAccessible);
    }

    [Fact]
    public void An_unmap_with_accesses_inside_refuses_new_ones_and_the_last_out_finishes()
    {
        FakePinningExporter exporter = new(_type.Offer());
        using DmaBuffer buffer = Export(exporter);
        using FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        FakeMapping mapping = attachment.MapFake();
        AccessScope inside = mapping.Enter();
        attachment.UnmapFake(mapping);
        Assert.Throws<ObjectDisposedException>(() => Enter(mapping));
        Assert.Equal((0, 1, 1), (attachment.Unmaps, attachment.LiveMappings, exporter.Pins));
        inside.Dispose();
        Assert.Equal((1, 0, 0), (attachment.Unmaps, attachment.LiveMappings, exporter.Pins));
    }

    [Fact]
    public void A_static_importer_waits_for_memory_that_is_still_moving()
    {
        using DmaBuffer buffer = Export(_type.Offer());
        using FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        using FenceSource move = AddFence(buffer, FenceUsage.Kernel);
        using CancellationTokenSource impatient = new();
        impatient.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => attachment.MapFake(impatient.Token));
        AssertUnmapped(buffer, attachment);

        Task<FakeMapping> mapping = Task.Run(() => attachment.MapFake());
        SpinWait.SpinUntil(() => buffer.MappingCount == 1);
        Assert.False(mapping.IsCompleted, "the map returned before the memory had arrived");
        move.TrySignal();
        mapping.GetAwaiter().GetResult().Dispose();
    }

    [Fact]
    public void Cancelling_the_wait_for_moving_memory_undoes_the_map()
    {
        FakePinningExporter exporter = new(_type.Offer());
        using DmaBuffer buffer = Export(exporter);
        using FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        using FenceSource move = AddFence(buffer, FenceUsage.Kernel);
        using CancellationTokenSource impatient = new();
        Task<FakeMapping> mapping = Task.Run(() => attachment.MapFake(impatient.Token));
        SpinWait.SpinUntil(() => buffer.MappingCount == 1);
        impatient.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => mapping.GetAwaiter().GetResult());
        Assert.Equal((0, 1), (exporter.Pins, attachment.Unmaps));
        AssertUnmapped(buffer, attachment);
    }

    [Fact]
    public void A_dynamic_importer_does_not_wait_and_other_fences_hold_up_nobody()
    {
        using DmaBuffer buffer = Export(_type.Offer());
        using FakeAttachment dynamic = buffer.Attach(new FakeDynamicImporter(), _type.Request());
        using FakeAttachment fixedOne = buffer.Attach(Importer, _type.Request());
        using FenceSource write = AddFence(buffer, FenceUsage.Write);
        fixedOne.MapFake().Dispose();
        using FenceSource move = AddFence(buffer, FenceUsage.Kernel);
        dynamic.MapFake().Dispose();
    }

    [Fact]
    public void An_operation_that_throws_on_unmap_is_reported_and_the_mapping_is_gone()
    {
        using DmaBuffer buffer = Export(_type.Offer());
        using FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        attachment.FailUnmap = new TimeZoneNotFoundException("unmap throws");
        attachment.MapFake().Dispose();
        AssertUnmapped(buffer, attachment);
        Assert.Contains("unmap throws", Assert.Single(Registry.Problems).Description, StringComparison.Ordinal);
        ExpectedProblems = 1;
    }

    [Fact]
    public void Pins_of_a_dynamic_importer_are_counted_and_a_pin_too_few_is_EINVAL()
    {
        FakePinningExporter exporter = new(_type.Offer());
        using DmaBuffer buffer = Export(exporter);
        using FakeAttachment dynamic = buffer.Attach(new FakeDynamicImporter(), _type.Request());
        using FakeAttachment fixedOne = buffer.Attach(Importer, _type.Request());
        using (ReservationLock held = buffer.Reservation.Lock())
        {
            dynamic.Pin(in held);
            dynamic.Pin(in held);
            dynamic.Unpin(in held);
            Assert.Equal(1, exporter.Pins);
            dynamic.Unpin(in held);
        }

        Refusal.Expect(Errno.EINVAL, () => Pinned(buffer, dynamic.Unpin));
        Refusal.Expect(Errno.EINVAL, () => Pinned(buffer, fixedOne.Pin));
        Refusal.Expect(Errno.EINVAL, () => Pinned(buffer, fixedOne.Unpin));
        exporter.FailPin = new DmaBufException(Errno.ENOMEM, "no room");
        Refusal.Expect(Errno.ENOMEM, () => Pinned(buffer, dynamic.Pin));
        Assert.Equal((0, 0), (exporter.Pins, dynamic.Status.Pins));
    }

    [Fact]
    public void Pinning_succeeds_and_does_nothing_where_the_exporter_never_moves()
    {
        using DmaBuffer buffer = Export(_type.Offer());
        using FakeAttachment attachment = buffer.Attach(new FakeDynamicImporter(), _type.Request());
        Pinned(buffer, attachment.Pin);
        Pinned(buffer, attachment.Unpin);
    }

    internal static FenceSource AddFence(DmaBuffer buffer, FenceUsage usage)
    {
        FenceSource source = new FenceContext("engine").CreateFence();
        using ReservationLock held = buffer.Reservation.Lock();
        buffer.Reservation.AddFence(in held, source.Fence, usage);
        return source;
    }

    private static void Pinned(DmaBuffer buffer, LockedCall call)
    {
        using ReservationLock held = buffer.Reservation.Lock();
        call(in held);
    }

    private static void AssertUnmapped(DmaBuffer buffer, FakeAttachment attachment)
    {
        Assert.Equal((0, 0), (attachment.LiveMappings, buffer.MappingCount));
        Assert.False(buffer.Reservation.IsLocked);
    }

    private static void Enter(FakeMapping mapping) => mapping.Enter().Dispose();
}
