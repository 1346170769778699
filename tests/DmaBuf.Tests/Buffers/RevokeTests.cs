using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Buffers;

/// <summary>Taking the memory away (spec 2.11, B.2, B.3): waits, force, quarantine, and who may still do what.</summary>
public sealed class RevokeTests : BufferFixture
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    private readonly FakeType _type = new();
    private readonly ManualTime _time = new();
    private readonly FakeDynamicImporter _dynamic = new();

    [Fact]
    public void A_buffer_that_nobody_uses_is_revoked_on_the_caller()
    {
        using DmaBuffer buffer = ExportTimed();
        using FakeAttachment attachment = buffer.Attach(_dynamic, _type.Request());
        RevokeReport report = Refusal.Ended(buffer.RevokeAsync(s_second));
        Assert.Equal((RevokeOutcome.Drained, BufferPhase.Revoked), (report.Outcome, buffer.Phase));
        Assert.Empty(report.Attachments);
        Assert.Equal((attachment, InvalidateReason.Revoke), Assert.Single(_dynamic.Calls));
    }

    [Fact]
    public async Task Revoked_refuses_attach_map_pin_and_fences_with_ENODEV_and_un_revoke_gives_all_back()
    {
        using DmaBuffer buffer = ExportTimed();
        using FakeAttachment attachment = buffer.Attach(_dynamic, _type.Request());
        await buffer.RevokeAsync(s_second);
        Refusal.Expect(Errno.ENODEV, () => buffer.Attach(Importer, _type.Request()));
        Refusal.Expect(Errno.ENODEV, () => attachment.MapFake());
        Refusal.Expect(Errno.ENODEV, () => UnderLock(buffer, attachment.Pin));
        Refusal.Expect(Errno.ENODEV, () => UnderLock(buffer, AddFence));
        Assert.Equal(RevokeOutcome.Drained, (await buffer.RevokeAsync(s_second)).Outcome);

        await buffer.UnrevokeAsync();
        Assert.Equal(BufferPhase.Live, buffer.Phase);
        Assert.Equal([InvalidateReason.Revoke, InvalidateReason.Unrevoke], _dynamic.Calls.Select(static call => call.Reason));
        attachment.MapFake().Dispose();
        UnderLock(buffer, AddFence);
        await buffer.UnrevokeAsync();
        Assert.Equal(2, _dynamic.Calls.Count);

        void AddFence(in ReservationLock held) => attachment.AddFence(in held, new FenceContext("engine").CreateFence().Fence, FenceUsage.Bookkeep);
    }

    [Fact]
    public async Task A_revoke_waits_until_the_last_mapping_is_gone()
    {
        using DmaBuffer buffer = ExportTimed();
        using FakeAttachment attachment = buffer.Attach(_dynamic, _type.Request());
        FakeMapping mapping = attachment.MapFake();
        ValueTask<RevokeReport> revoke = buffer.RevokeAsync(s_second);
        Assert.Equal((false, BufferPhase.Revoking), (revoke.IsCompleted, buffer.Phase));
        Refusal.Expect(Errno.ENODEV, () => Enter(mapping));
        Refusal.Expect(Errno.ENODEV, () => attachment.MapFake());
        Refusal.Expect(Errno.ENODEV, () => buffer.Attach(Importer, _type.Request()));
        attachment.UnmapFake(mapping);
        Assert.Equal(RevokeOutcome.Drained, (await revoke).Outcome);
    }

    [Fact]
    public async Task A_revoke_waits_until_the_last_access_is_gone()
    {
        using DmaBuffer buffer = ExportTimed();
        using FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        FakeMapping mapping = attachment.MapFake();
        Task<RevokeReport> revoke = EnterRevokeAndDispose(buffer, mapping);
        Assert.Equal(RevokeOutcome.Drained, (await revoke).Outcome);
        Assert.Equal(1, attachment.Unmaps);

        static Task<RevokeReport> EnterRevokeAndDispose(DmaBuffer buffer, FakeMapping mapping)
        {
            AccessScope inside = mapping.Enter();
            Task<RevokeReport> revoke = buffer.RevokeAsync(s_second).AsTask();
            mapping.Dispose();
            Assert.False(revoke.IsCompleted);
            inside.Dispose();
            return revoke;
        }
    }

    [Fact]
    public async Task An_importer_may_unmap_from_another_thread_while_the_revoke_waits()
    {
        using DmaBuffer buffer = ExportTimed();
        using FakeAttachment attachment = buffer.Attach(_dynamic, _type.Request());
        FakeMapping mapping = attachment.MapFake();
        Task? worker = null;
        _dynamic.Action = (Attachment _, InvalidateReason _, in ReservationLock _) => worker = Task.Run(() => attachment.UnmapFake(mapping));
        RevokeReport report = await buffer.RevokeAsync(Timeout.InfiniteTimeSpan);
        await worker!;
        Assert.Equal(RevokeOutcome.Drained, report.Outcome);
    }

    [Fact]
    public async Task An_importer_may_unmap_inside_the_callback_and_the_revoke_ends_on_the_caller()
    {
        using DmaBuffer buffer = ExportTimed();
        using FakeAttachment attachment = buffer.Attach(_dynamic, _type.Request());
        FakeMapping mapping = attachment.MapFake();
        _dynamic.Action = (Attachment _, InvalidateReason _, in ReservationLock held) => attachment.UnmapFakeLocked(in held, mapping);
        ValueTask<RevokeReport> revoke = buffer.RevokeAsync(s_second);
        Assert.True(revoke.IsCompleted);
        Assert.Equal(RevokeOutcome.Drained, (await revoke).Outcome);
    }

    [Fact]
    public async Task At_the_deadline_an_enforced_mapping_is_undone_and_named()
    {
        FakePinningExporter exporter = new(_type.Offer());
        using DmaBuffer buffer = ExportTimed(exporter);
        FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        FakeMapping mapping = attachment.MapFake();
        ValueTask<RevokeReport> revoke = buffer.RevokeAsync(s_second);
        _time.Advance(s_second / 2);
        Assert.Equal(BufferPhase.Revoking, buffer.Phase);
        _time.Advance(s_second / 2);
        RevokeReport report = await revoke;
        Assert.Equal(RevokeOutcome.Forced, report.Outcome);
        Assert.Equal(s_second, report.Elapsed);
        Assert.Equal(
            new RevokedAttachment("importer", "A", Revocability.Enforced, RevokeOutcome.Forced, 1, 0), Assert.Single(report.Attachments));
        Assert.Equal((1, 0, 0), (attachment.Unmaps, attachment.LiveMappings, exporter.Pins));
        Assert.Equal(0, _time.PendingTimers);

        // Late unmap and detach succeed.
        attachment.UnmapFake(mapping);
        mapping.Dispose();
        attachment.Detach();
        Assert.Equal(1, attachment.Unmaps);
    }

    [Fact]
    public void A_deadline_of_zero_forces_at_once_on_the_caller()
    {
        using DmaBuffer buffer = ExportTimed();
        FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        FakeMapping mapping = attachment.MapFake();
        Assert.Equal(RevokeOutcome.Forced, Refusal.Ended(buffer.RevokeAsync(TimeSpan.Zero)).Outcome);
        mapping.Dispose();
        attachment.Detach();
    }

    [Fact]
    public void A_mapping_with_an_access_inside_is_taken_away_and_freed_when_the_importer_has_left()
    {
        using DmaBuffer buffer = ExportTimed();
        FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        attachment.CanTakeAway = true;
        FakeMapping mapping = attachment.MapFake();
        AccessScope inside = mapping.Enter();
        RevokeReport report = Refusal.Ended(buffer.RevokeAsync(TimeSpan.Zero));
        RevokedAttachment taken = Assert.Single(report.Attachments);
        Assert.Equal((RevokeOutcome.Forced, 1, 1), (taken.Outcome, taken.Mappings, taken.Accesses));
        Assert.Equal((0, 0, 0), (attachment.LiveMappings, attachment.Unmaps, attachment.Released));
        Assert.False(buffer.IsQuarantined);
        attachment.UnmapFake(mapping);
        Assert.Equal(0, attachment.Released);
        inside.Dispose();
        Assert.Equal((0, 1), (attachment.Unmaps, attachment.Released));
        attachment.Detach();
    }

    [Fact]
    public async Task What_cannot_be_taken_away_is_quarantined_counted_and_named_until_its_holder_ends()
    {
        using DmaBuffer buffer = ExportTimed();
        FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        FakeMapping mapping = attachment.MapFake();
        RevokeReport report = RevokeInside(buffer, mapping, out Action leave);
        Assert.Equal(RevokeOutcome.Quarantined, report.Outcome);
        Assert.Equal(RevokeOutcome.Quarantined, Assert.Single(report.Attachments).Outcome);
        Assert.True(buffer.IsQuarantined);
        Assert.Equal(DmaBufferProblemKind.Quarantined, Assert.Single(Registry.Problems).Kind);
        await Assert.ThrowsAsync<DmaBufException>(async () => await buffer.UnrevokeAsync());
        Assert.Equal(BufferPhase.Revoked, buffer.Phase);
        leave();
        mapping.Dispose();
        Assert.False(buffer.IsQuarantined);
        await buffer.UnrevokeAsync();
        attachment.Detach();
        ExpectedProblems = 1;
    }

    [Theory]
    [InlineData(Revocability.None)]
    [InlineData(Revocability.Cooperative)]
    public void A_mapping_that_only_its_importer_can_give_up_is_quarantined_without_any_access(Revocability revocability)
    {
        using DmaBuffer buffer = ExportTimed();
        FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        attachment.ProgrammedRevocability = revocability;
        attachment.CanTakeAway = true;
        FakeMapping mapping = attachment.MapFake();
        Assert.Equal(RevokeOutcome.Quarantined, Refusal.Ended(buffer.RevokeAsync(TimeSpan.Zero)).Outcome);
        Assert.Equal((0, 1), (attachment.Unmaps, attachment.LiveMappings));
        mapping.Dispose();
        Assert.Equal((1, false), (attachment.Unmaps, buffer.IsQuarantined));
        attachment.Detach();
        ExpectedProblems = 1;
    }

    [Fact]
    public async Task A_revoke_waits_for_the_fences_that_were_there_and_reports_the_late_ones()
    {
        using DmaBuffer buffer = ExportTimed();
        using FenceSource prompt = MapTests.AddFence(buffer, FenceUsage.Bookkeep);
        ValueTask<RevokeReport> drained = buffer.RevokeAsync(s_second);
        Assert.False(drained.IsCompleted);
        prompt.TrySignal();
        Assert.Equal(RevokeOutcome.Drained, (await drained).Outcome);

        await buffer.UnrevokeAsync();
        using FenceSource never = MapTests.AddFence(buffer, FenceUsage.Bookkeep);
        ValueTask<RevokeReport> forced = buffer.RevokeAsync(s_second);
        _time.Advance(s_second);
        RevokeReport report = await forced;
        Assert.Equal(RevokeOutcome.Quarantined, report.Outcome);
        Assert.Equal(never.Fence.ToString(), Assert.Single(report.UnsignaledFences));
        Assert.Empty(report.Attachments);
        ExpectedProblems = 1;
    }

    [Fact]
    public async Task A_fence_that_never_signals_blocks_no_other_buffer_and_no_unmap()
    {
        using DmaBuffer stuck = ExportTimed();
        using DmaBuffer other = ExportTimed();
        using FenceSource never = MapTests.AddFence(stuck, FenceUsage.Bookkeep);
        using FakeAttachment attachment = stuck.Attach(Importer, _type.Request());
        FakeMapping mapping = attachment.MapFake();
        ValueTask<RevokeReport> revoke = stuck.RevokeAsync(s_second);
        mapping.Dispose();
        Assert.Equal(RevokeOutcome.Drained, Refusal.Ended(other.RevokeAsync(s_second)).Outcome);
        _time.Advance(s_second);
        Assert.Equal(RevokeOutcome.Quarantined, (await revoke).Outcome);
        ExpectedProblems = 1;
    }

    [Fact]
    public async Task A_second_revoke_and_an_un_revoke_wait_for_the_first()
    {
        using DmaBuffer buffer = ExportTimed();
        using FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        FakeMapping mapping = attachment.MapFake();
        ValueTask<RevokeReport> first = buffer.RevokeAsync(Timeout.InfiniteTimeSpan);
        ValueTask<RevokeReport> second = buffer.RevokeAsync(s_second);
        ValueTask back = buffer.UnrevokeAsync();
        Assert.False(first.IsCompleted || second.IsCompleted || back.IsCompleted);
        mapping.Dispose();
        Assert.Same(await first, await second);
        await back;
        Assert.Equal(BufferPhase.Live, buffer.Phase);
    }

    [Fact]
    public async Task Cancelling_the_waiter_leaves_the_revoke_to_its_deadline()
    {
        using DmaBuffer buffer = ExportTimed();
        using FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        using FakeMapping mapping = attachment.MapFake();
        using CancellationTokenSource impatient = new();
        ValueTask<RevokeReport> cancelled = buffer.RevokeAsync(s_second, impatient.Token);
        ValueTask<RevokeReport> patient = buffer.RevokeAsync(s_second);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await cancelled);
        Assert.Equal(BufferPhase.Revoking, buffer.Phase);
        _time.Advance(s_second);
        Assert.Equal(RevokeOutcome.Forced, (await patient).Outcome);
    }

    [Fact]
    public async Task A_cancelled_call_begins_nothing()
    {
        using DmaBuffer buffer = ExportTimed();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await buffer.RevokeAsync(s_second, new CancellationToken(true)));
        Assert.Equal(BufferPhase.Live, buffer.Phase);
    }

    [Fact]
    public async Task A_close_is_a_revoke_for_good()
    {
        using DmaBuffer buffer = ExportTimed();
        using FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        await buffer.CloseAsync(s_second);
        Assert.Equal(BufferPhase.Dead, buffer.Phase);
        DmaBufException refused = await Assert.ThrowsAsync<DmaBufException>(async () => await buffer.UnrevokeAsync());
        Assert.Equal(Errno.ENODEV, refused.Errno);
        Refusal.Expect(Errno.ENODEV, () => attachment.MapFake());
        await buffer.CloseAsync(s_second);
        await buffer.RevokeAsync(s_second);
        Assert.Equal(BufferPhase.Dead, buffer.Phase);
    }

    [Fact]
    public async Task A_close_during_a_revoke_waits_for_it_and_ends_dead()
    {
        using DmaBuffer buffer = ExportTimed();
        using FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        FakeMapping mapping = attachment.MapFake();
        ValueTask<RevokeReport> revoke = buffer.RevokeAsync(s_second);
        ValueTask<RevokeReport> close = buffer.CloseAsync(s_second);
        mapping.Dispose();
        Assert.Same(await revoke, await close);
        Assert.Equal(BufferPhase.Dead, buffer.Phase);
    }

    [Fact]
    public async Task A_close_after_a_revoke_drops_no_reference_again()
    {
        FakeExporter exporter = new(_type.Offer());
        DmaBuffer buffer = ExportTimed(exporter);
        await buffer.RevokeAsync(s_second);
        await buffer.CloseAsync(s_second);
        Assert.Equal((1, 0), (buffer.ReferenceCount, exporter.Releases));
        buffer.Dispose();
        Assert.Equal(1, exporter.Releases);
    }

    [Theory]
    [InlineData(-5)]
    [InlineData(4_294_967_295_000)]
    public async Task A_deadline_that_no_timer_can_wait_for_is_refused_and_nothing_begins(long milliseconds)
    {
        using DmaBuffer buffer = ExportTimed();
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await buffer.RevokeAsync(TimeSpan.FromMilliseconds(milliseconds)));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await buffer.CloseAsync(TimeSpan.FromMilliseconds(milliseconds)));
        Assert.Equal(BufferPhase.Live, buffer.Phase);
    }

    private static RevokeReport RevokeInside(DmaBuffer buffer, FakeMapping mapping, out Action leave)
    {
        using ManualResetEventSlim entered = new();
        ManualResetEventSlim mayLeave = new();
        Task visitor = Task.Factory.StartNew(
            () =>
            {
                using AccessScope inside = mapping.Enter();
                entered.Set();
                mayLeave.Wait();
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        entered.Wait();
        leave = () =>
        {
            mayLeave.Set();
            visitor.GetAwaiter().GetResult();
            mayLeave.Dispose();
        };
        return Refusal.Ended(buffer.RevokeAsync(TimeSpan.Zero));
    }

    private static void UnderLock(DmaBuffer buffer, LockedCall call)
    {
        using ReservationLock held = buffer.Reservation.Lock();
        call(in held);
    }

    private static void Enter(FakeMapping mapping) => mapping.Enter().Dispose();

    private DmaBuffer ExportTimed(DmaBufferExporter? exporter = null) => DmaBuffer.Export(
        exporter ?? new FakeExporter(_type.Offer()), 4096, new DmaBufferExportOptions { Registry = Registry, TimeProvider = _time });
}
