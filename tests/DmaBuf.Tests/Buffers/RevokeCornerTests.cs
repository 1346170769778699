using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Buffers;

/// <summary>Revokes in company: of each other, of exporters that move or throw, of the last reference, and of work that nothing can stop.</summary>
public sealed class RevokeCornerTests : BufferFixture
{
    private readonly FakeType _type = new();
    private readonly ManualTime _time = new();
    private readonly FakeDynamicImporter _dynamic = new();

    [Fact]
    public void A_second_revoke_and_a_close_name_who_is_still_quarantined()
    {
        using DmaBuffer buffer = ExportTimed();
        using FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        attachment.ProgrammedRevocability = Revocability.None;
        FakeMapping mapping = attachment.MapFake();
        Assert.Equal(RevokeOutcome.Quarantined, Refusal.Ended(buffer.RevokeAsync(TimeSpan.Zero)).Outcome);
        RevokeReport again = Refusal.Ended(buffer.RevokeAsync(TimeSpan.Zero));
        Assert.Equal((RevokeOutcome.Quarantined, "importer"), (again.Outcome, Assert.Single(again.Attachments).Importer));
        Assert.Equal(RevokeOutcome.Quarantined, Refusal.Ended(buffer.CloseAsync(TimeSpan.Zero)).Outcome);
        mapping.Dispose();
        Assert.Equal(RevokeOutcome.Drained, Refusal.Ended(buffer.CloseAsync(TimeSpan.Zero)).Outcome);
        ExpectedProblems = 1;
    }

    [Fact]
    public async Task The_last_reference_does_not_go_while_a_revoke_waits()
    {
        FakeExporter exporter = new(_type.Offer());
        DmaBuffer buffer = ExportTimed(exporter);
        FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        using FenceSource work = MapTests.AddFence(buffer, FenceUsage.Bookkeep);
        ValueTask<RevokeReport> revoke = buffer.RevokeAsync(Timeout.InfiniteTimeSpan);
        attachment.Detach();
        buffer.Dispose();
        Assert.Equal((BufferPhase.Revoking, 0, false), (buffer.Phase, exporter.Releases, buffer.IsReleased));
        work.TrySignal();
        Assert.Equal(RevokeOutcome.Drained, (await revoke).Outcome);
        Assert.Equal((BufferPhase.Revoked, 1, true), (buffer.Phase, exporter.Releases, buffer.IsReleased));
    }

    [Fact]
    public void What_was_taken_away_keeps_the_exporter_until_the_last_access_has_left()
    {
        FakeExporter exporter = new(_type.Offer());
        DmaBuffer buffer = ExportTimed(exporter);
        FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        attachment.CanTakeAway = true;
        FakeMapping mapping = attachment.MapFake();
        AccessScope access = mapping.Enter();
        Assert.Equal(RevokeOutcome.Forced, Refusal.Ended(buffer.RevokeAsync(TimeSpan.Zero)).Outcome);
        attachment.Detach();
        buffer.Dispose();
        Assert.Equal((0, 0), (exporter.Releases, attachment.Released));
        access.Dispose();
        Assert.Equal((1, 1), (exporter.Releases, attachment.Released));
        mapping.Dispose();
        Assert.Equal((1, 1), (exporter.Releases, attachment.Released));
    }

    [Fact]
    public void A_type_that_throws_while_it_is_cut_off_does_not_stop_the_revoke()
    {
        using DmaBuffer buffer = ExportTimed();
        FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        attachment.FailRevocability = new InvalidOperationException("a stranger's mistake");
        FakeMapping mapping = attachment.MapFake();
        RevokeReport report = Refusal.Ended(buffer.RevokeAsync(TimeSpan.Zero));
        Assert.Equal((RevokeOutcome.Quarantined, BufferPhase.Revoked), (report.Outcome, buffer.Phase));
        mapping.Dispose();
        Assert.Equal(RevokeOutcome.Drained, Refusal.Ended(buffer.RevokeAsync(TimeSpan.Zero)).Outcome);
        attachment.FailRevocability = null;
        attachment.Dispose();
        ExpectedProblems = 2;
    }

    [Theory]
    [InlineData(Revocability.Enforced, RevokeOutcome.Forced)]
    [InlineData(Revocability.Cooperative, RevokeOutcome.Quarantined)]
    [InlineData(Revocability.None, RevokeOutcome.Quarantined)]
    public async Task Work_that_goes_on_past_the_deadline_is_quarantine_unless_its_way_to_the_memory_was_taken(Revocability revocability, RevokeOutcome outcome)
    {
        using DmaBuffer buffer = ExportTimed();
        using FakeAttachment attachment = buffer.Attach(_dynamic, _type.Request());
        attachment.ProgrammedRevocability = revocability;
        using FenceSource work = new FenceContext("engine").CreateFence();
        using (ReservationLock held = buffer.Reservation.Lock())
        {
            attachment.AddFence(in held, work.Fence, FenceUsage.Bookkeep);
        }

        RevokeReport report = Refusal.Ended(buffer.RevokeAsync(TimeSpan.Zero));
        Assert.Equal((outcome, work.Fence.ToString()), (report.Outcome, Assert.Single(report.UnsignaledFences)));
        bool quarantined = outcome == RevokeOutcome.Quarantined;
        Assert.Equal(quarantined, buffer.IsQuarantined);
        ExpectedProblems = quarantined ? 1 : 0;
        if (quarantined)
        {
            Assert.Contains("engine", Refusal.Expect(Errno.EBUSY, () => buffer.UnrevokeAsync().AsTask().GetAwaiter().GetResult()).Message, StringComparison.Ordinal);
            work.TrySignal();
        }

        await buffer.UnrevokeAsync();
        Assert.Equal((BufferPhase.Live, false), (buffer.Phase, buffer.IsQuarantined));
    }

    [Fact]
    public async Task A_later_revoke_with_an_earlier_deadline_ends_the_first()
    {
        using DmaBuffer buffer = ExportTimed();
        using FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        using FakeMapping mapping = attachment.MapFake();
        Task<RevokeReport> patient = buffer.RevokeAsync(Timeout.InfiniteTimeSpan).AsTask();
        Task<RevokeReport> close = buffer.CloseAsync(TimeSpan.FromSeconds(2)).AsTask();
        Task<RevokeReport> late = buffer.RevokeAsync(TimeSpan.FromHours(1)).AsTask();
        Assert.False(patient.IsCompleted || close.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(2));
        RevokeReport report = await patient;
        Assert.Same(report, await close);
        Assert.Same(report, await late);
        Assert.Equal((RevokeOutcome.Forced, BufferPhase.Dead), (report.Outcome, buffer.Phase));
    }

    [Fact]
    public async Task A_close_without_time_ends_a_revoke_that_would_wait_for_ever()
    {
        using DmaBuffer buffer = ExportTimed();
        using FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        using FakeMapping mapping = attachment.MapFake();
        Task<RevokeReport> patient = buffer.RevokeAsync(Timeout.InfiniteTimeSpan).AsTask();
        Assert.Equal(RevokeOutcome.Forced, (await buffer.CloseAsync(TimeSpan.Zero)).Outcome);
        Assert.Equal((RevokeOutcome.Forced, BufferPhase.Dead), ((await patient).Outcome, buffer.Phase));
    }

    [Fact]
    public void A_late_unmap_is_never_refused_because_a_revoke_was_faster()
    {
        for (int round = 0; round < 2000; round++)
        {
            using DmaBuffer buffer = ExportTimed();
            using FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
            FakeMapping mapping = attachment.MapFake();
            using Barrier start = new(2);
            Exception? refused = null;
            Thread unmapper = new(() =>
            {
                start.SignalAndWait();
                refused = Record.Exception(() => attachment.UnmapFake(mapping));
            });
            unmapper.Start();
            start.SignalAndWait();
            RevokeReport report = Refusal.Ended(buffer.RevokeAsync(TimeSpan.Zero));
            unmapper.Join();
            Assert.True(refused is null, $"round {round}, {report}: {refused}");
        }
    }

    private DmaBuffer ExportTimed(FakeExporter? exporter = null) => DmaBuffer.Export(
        exporter ?? new FakeExporter(_type.Offer()), 4096, new DmaBufferExportOptions { Registry = Registry, TimeProvider = _time });
}
