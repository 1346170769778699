namespace DmaBuf.Machine.Tests;

/// <summary>A revoke that comes at a chosen moment of a mapping: during attach, before the list, between two batches, and from a second thread while a domain is filled.</summary>
public sealed class RevokeMomentsTests
{
    private const ulong Page = 4096;
    private const int Pages = 6;

    [Fact]
    public void A_revoke_between_attach_and_map_is_ENODEV_and_the_next_mapping_after_it_works()
    {
        using IommuFdBench bench = new();
        (ListExporter exporter, DmaBuffer buffer) = ListExporter.SinglePages(Pages, bench.Registry);
        using (buffer)
        {
            exporter.Attaching = _ => Assert.True(buffer.RevokeAsync(TimeSpan.Zero).AsTask().IsCompletedSuccessfully);
            Expect.Fails(Errno.ENODEV, () => bench.Map(buffer, 0, Pages * Page));
            Assert.Equal((0, 0, 0, 0), (exporter.LiveLists, exporter.Unmaps, buffer.AttachmentCount, bench.Space.AreaCount));
            exporter.Attaching = null;
            Assert.True(buffer.UnrevokeAsync().AsTask().IsCompletedSuccessfully);
            bench.Check(bench.Map(buffer, 0, Pages * Page), Pages, 0);
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(6, 1)]
    [InlineData(4, 2)]
    [InlineData(8, 2)]
    [InlineData(12, 170)]
    public async Task A_revoke_between_two_batches_waits_for_the_fill_and_empties_it(int call, int capacity)
    {
        using IommuFdBench bench = new(domains: 2, capacity: capacity);
        (ListExporter exporter, DmaBuffer buffer) = ListExporter.SinglePages(Pages, bench.Registry);
        using (buffer)
        {
            Task<RevokeReport>? revoke = null;
            int calls = 0;
            Array.ForEach(bench.Domains, domain => domain.Mapping = () =>
            {
                if (++calls == call)
                {
                    revoke = Task.Run(() => buffer.RevokeAsync(Timeout.InfiniteTimeSpan).AsTask());
                    SpinWait.SpinUntil(() => buffer.Phase != BufferPhase.Live);
                }
            });
            DmaAddress iova = bench.Map(buffer, 0, Pages * Page);
            Assert.Equal(RevokeOutcome.Drained, (await revoke!).Outcome);
            Assert.All(bench.Domains, static domain => Assert.Equal(0, domain.PageCount));
            Assert.Equal((0, 1, 1), (exporter.LiveLists, buffer.AttachmentCount, bench.Space.AreaCount));
            Assert.Equal(Pages * Page, bench.Context.Unmap(bench.Space.Id, iova, Pages * Page));
            Assert.Equal(0, buffer.AttachmentCount);
        }
    }

    [Fact]
    public async Task A_revoke_that_has_begun_when_a_domain_is_added_leaves_the_domain_empty()
    {
        using IommuFdBench bench = new();
        (ListExporter exporter, DmaBuffer buffer) = ListExporter.SinglePages(Pages, bench.Registry);
        using (buffer)
        {
            bench.Map(buffer, 0, Page);
            DmaAddress second = bench.Map(buffer, Page, Page);
            Task<RevokeReport>? revoke = null;
            RecordingDomain added = new();
            added.Mapping = () =>
            {
                revoke ??= Task.Run(() => buffer.RevokeAsync(Timeout.InfiniteTimeSpan).AsTask());
                SpinWait.SpinUntil(() => buffer.Phase != BufferPhase.Live);
            };
            bench.Space.AddDomain(added);
            await revoke!;
            Assert.Equal((0, 0, 0), (added.PageCount, bench.Domains[0].PageCount, exporter.LiveLists));
            Assert.Null(added.Translate(second.Value));
            bench.Space.RemoveDomain(added);
        }
    }

    [Fact]
    public async Task An_unmap_and_a_revoke_at_the_same_time_give_the_list_back_once()
    {
        for (int round = 0; round < 200; round++)
        {
            using IommuFdBench bench = new();
            (ListExporter exporter, DmaBuffer buffer) = ListExporter.SinglePages(Pages, bench.Registry);
            using (buffer)
            {
                DmaAddress iova = bench.Map(buffer, 0, Pages * Page);
                using Barrier start = new(2);
                Task<RevokeReport> revoke = Task.Run(() =>
                {
                    start.SignalAndWait();
                    return buffer.RevokeAsync(VfioBench.Patience).AsTask();
                });
                start.SignalAndWait();
                Assert.Equal(Pages * Page, bench.Context.Unmap(bench.Space.Id, iova, Pages * Page));
                Assert.Equal(RevokeOutcome.Drained, (await revoke).Outcome);
                Assert.Equal((0, 1, 0), (exporter.LiveLists, exporter.Unmaps, buffer.AttachmentCount));
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_exporter_gets_its_list_back_when_no_page_table_shows_it_any_more(bool revoked)
    {
        using IommuFdBench bench = new(domains: 2);
        (ListExporter exporter, DmaBuffer buffer) = ListExporter.SinglePages(Pages, bench.Registry);
        int shown = -1;
        exporter.Unlisting = () => shown = bench.Domains.Sum(static domain => domain.PageCount);
        using (buffer)
        {
            bench.Map(buffer, 0, Pages * Page);
            if (revoked)
            {
                await buffer.RevokeAsync(TimeSpan.Zero, TestContext.Current.CancellationToken);
            }

            bench.Context.Unmap(bench.Space.Id, new DmaAddress(0), ulong.MaxValue);
            Assert.Equal((0, 1), (shown, exporter.Unmaps));
        }
    }

    [Fact]
    public void Callbacks_of_the_exporter_run_under_no_lock_of_the_importer()
    {
        using IommuFdBench bench = new();
        (ListExporter exporter, DmaBuffer buffer) = ListExporter.SinglePages(Pages, bench.Registry);
        List<bool> held = [];
        exporter.Attaching = _ => held.Add(ImporterLocks.IsHeld(bench.Space));
        exporter.Listing = () => held.Add(ImporterLocks.IsHeld(bench.Space));
        exporter.Unlisting = () => held.Add(ImporterLocks.IsHeld(bench.Space));
        exporter.Detaching = () => held.Add(ImporterLocks.IsHeld(bench.Space) || buffer.Reservation.IsLocked);
        using (buffer)
        {
            DmaAddress iova = bench.Map(buffer, 0, Page);
            bench.Context.Copy(IommuFdBench.Fixed, bench.Space.Id, bench.Space.Id, iova, Page, new DmaAddress(0x9_0000));
            bench.Context.Unmap(bench.Space.Id, new DmaAddress(0), ulong.MaxValue);
        }

        Assert.Equal([false, false, false, false], held);
    }
}
