using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Buffers;

/// <summary>Telling dynamic importers that the memory moves (spec 2.11).</summary>
public sealed class InvalidateTests : BufferFixture
{
    private readonly FakeType _type = new();
    private readonly FakeDynamicImporter _dynamic = new();

    [Fact]
    public void A_move_tells_every_dynamic_importer_once_and_makes_its_mappings_stale()
    {
        using DmaBuffer buffer = Export(_type.Offer());
        FakeDynamicImporter second = new("second");
        using FakeAttachment first = buffer.Attach(_dynamic, _type.Request());
        using FakeAttachment other = buffer.Attach(second, _type.Request());
        using FakeAttachment idle = buffer.Attach(Importer, _type.Request());
        using FakeMapping mapping = first.MapFake();
        Move(buffer);
        Assert.Equal([(first, InvalidateReason.Move)], _dynamic.Calls.Select(static call => ((FakeAttachment)call.Attachment, call.Reason)));
        Assert.Equal([(other, InvalidateReason.Move)], second.Calls.Select(static call => ((FakeAttachment)call.Attachment, call.Reason)));
        Assert.True(mapping.IsInvalidated);
        Assert.True(mapping.IsAccessible, "an importer may go on with the old mapping until its fences have signalled");
        Enter(mapping);
    }

    [Fact]
    public void A_dynamic_importer_may_map_again_at_once_inside_the_callback_before_it_unmaps_the_old()
    {
        using DmaBuffer buffer = Export(_type.Offer());
        using FakeAttachment attachment = buffer.Attach(_dynamic, _type.Request());
        FakeMapping old = attachment.MapFake();
        FakeMapping? fresh = null;
        _dynamic.Action = (Attachment told, InvalidateReason _, in ReservationLock held) => fresh = ((FakeAttachment)told).MapFakeLocked(in held);
        Move(buffer);
        Assert.Equal((true, false, 2), (old.IsInvalidated, fresh!.IsInvalidated, attachment.LiveMappings));
        old.Dispose();
        Assert.Equal(new AttachmentStatus(AttachmentPhase.Listed, 1, 0, 0), attachment.Status);
        fresh.Dispose();
    }

    [Fact]
    public void An_importer_may_unmap_inside_the_callback()
    {
        using DmaBuffer buffer = Export(_type.Offer());
        using FakeAttachment attachment = buffer.Attach(_dynamic, _type.Request());
        FakeMapping mapping = attachment.MapFake();
        _dynamic.Action = (Attachment told, InvalidateReason _, in ReservationLock held) => ((FakeAttachment)told).UnmapFakeLocked(in held, mapping);
        Move(buffer);
        Assert.Equal((0, 1), (attachment.LiveMappings, attachment.Unmaps));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_move_is_refused_while_somebody_holds_the_memory_in_place_and_nobody_is_told(bool byPin)
    {
        FakePinningExporter exporter = new(_type.Offer());
        using DmaBuffer buffer = Export(exporter);
        using FakeAttachment dynamic = buffer.Attach(_dynamic, _type.Request());
        using FakeAttachment fixedOne = buffer.Attach(Importer, _type.Request());
        FakeMapping? mapping = byPin ? null : fixedOne.MapFake();
        if (byPin)
        {
            using ReservationLock held = buffer.Reservation.Lock();
            dynamic.Pin(in held);
        }

        Refusal.Expect(Errno.EBUSY, () => Move(buffer));
        Assert.Empty(_dynamic.Calls);
        mapping?.Dispose();
        if (byPin)
        {
            using ReservationLock held = buffer.Reservation.Lock();
            dynamic.Unpin(in held);
        }

        Move(buffer);
        Assert.Single(_dynamic.Calls);
    }

    [Fact]
    public void A_callback_that_throws_is_reported_and_the_others_are_told()
    {
        using DmaBuffer buffer = Export(_type.Offer());
        FakeDynamicImporter second = new("second");
        using FakeAttachment first = buffer.Attach(_dynamic, _type.Request());
        using FakeAttachment other = buffer.Attach(second, _type.Request());
        _dynamic.Action = Throw;
        second.Action = Throw;
        Move(buffer);
        Assert.Equal((1, 1), (_dynamic.Calls.Count, second.Calls.Count));
        Assert.All(Registry.Problems, static problem => Assert.Equal(DmaBufferProblemKind.BrokenPromise, problem.Kind));
        Assert.Contains(Registry.Problems, static problem => problem.Description.Contains("'second'", StringComparison.Ordinal));
        ExpectedProblems = 2;
    }

    [Fact]
    public void A_callback_may_arrive_before_the_importer_has_stored_what_Attach_returned()
    {
        using DmaBuffer buffer = Export(_type.Offer());
        List<FakeMapping> remapped = [];
        _dynamic.Action = (Attachment told, InvalidateReason _, in ReservationLock held) => remapped.Add(((FakeAttachment)told).MapFakeLocked(in held));
        using (buffer.Attach(_dynamic, _type.Request()))
        {
            Move(buffer);
            Assert.Single(remapped).Dispose();
        }
    }

    [Fact]
    public async Task A_revoked_buffer_is_not_moved()
    {
        using DmaBuffer buffer = Export(_type.Offer());
        using FakeAttachment attachment = buffer.Attach(_dynamic, _type.Request());
        await buffer.RevokeAsync(TimeSpan.Zero);
        Refusal.Expect(Errno.ENODEV, () => Move(buffer));
        await buffer.UnrevokeAsync();
        Move(buffer);
        Assert.Equal(
            [InvalidateReason.Revoke, InvalidateReason.Unrevoke, InvalidateReason.Move], _dynamic.Calls.Select(static call => call.Reason));
    }

    [Fact]
    public void Two_threads_attach_and_map_while_the_exporter_moves()
    {
        FakeRulelessType type = new();
        using DmaBuffer buffer = Export(new FakeExporter(OfferSource.Single(type.Offer())));
        using FakeAttachment witness = buffer.Attach(_dynamic, type.Request());
        int running = 2;
        void AttachAndMap()
        {
            FakeDynamicImporter importer = new();
            for (int round = 0; round < 300; round++)
            {
                using FakeAttachment attachment = buffer.Attach(importer, type.Request());
                using FakeMapping mapping = attachment.MapFake();
                Enter(mapping);
            }

            Interlocked.Decrement(ref running);
        }

        Task[] importers = [Task.Run(AttachAndMap), Task.Run(AttachAndMap)];
        int moves = 0;
        while (Volatile.Read(ref running) > 0 && !importers.Any(static task => task.IsFaulted))
        {
            Move(buffer);
            moves++;
        }

        Task.WaitAll(importers);
        Assert.Equal(moves, _dynamic.Calls.Count);
        Assert.Equal((1, 0), (buffer.AttachmentCount, buffer.MappingCount));
    }

    private static void Throw(Attachment attachment, InvalidateReason reason, in ReservationLock held) => throw new TimeZoneNotFoundException("told");

    private static void Move(DmaBuffer buffer)
    {
        using ReservationLock held = buffer.Reservation.Lock();
        buffer.Invalidate(in held);
    }

    private static void Enter(FakeMapping mapping) => mapping.Enter().Dispose();
}
