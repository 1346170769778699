namespace DmaBuf.Machine.Tests;

/// <summary>A page table that refuses in the middle: what was filled before it is unfilled, in this domain and in every other, and the call fails with its errno.</summary>
public sealed class DomainFailureTests
{
    private const ulong Page = 4096;
    private const int Pages = 5;

    public static MatrixTheoryData<int, int, bool> Cases { get; } = new([0, 1], [1, 2, 170], [false, true]);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Whichever_call_of_whichever_domain_fails_the_mapping_leaves_nothing(int failing, int capacity, bool hugePages)
    {
        for (int call = 1; call <= Pages; call++)
        {
            using IommuFdBench bench = new(domains: 2, hugePages, capacity: capacity);
            (ListExporter exporter, DmaBuffer buffer) = ListExporter.SinglePages(Pages, bench.Registry);
            using (buffer)
            {
                DmaAddress kept = bench.Map(buffer, 0, Page);
                bench.Domains[failing].FailingCall = 1 + call;
                Expect.Fails(Errno.EINVAL, () => bench.Map(buffer, 0, Pages * Page));
                Assert.Equal((1, 1, 1), (bench.Space.AreaCount, buffer.AttachmentCount, exporter.LiveLists));
                Assert.All(bench.Domains, static domain => Assert.Equal(1, domain.PageCount));
                bench.Domains[failing].FailingCall = 0;
                bench.Check(bench.Map(buffer, 0, Pages * Page), Pages, 0);
                bench.Check(kept, 1, 0);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_copy_of_two_areas_of_which_the_second_fails_leaves_nothing_of_the_first(int failing, int capacity, bool hugePages)
    {
        using IommuFdBench bench = new(domains: 2, hugePages, capacity: capacity);
        using DmaBuffer buffer = ListExporter.SinglePages(Pages, bench.Registry).Buffer;
        bench.Context.MapFile(IommuFdBench.Fixed, bench.Space.Id, buffer, 0, 2 * Page, new DmaAddress(0x1_0000));
        bench.Context.MapFile(IommuFdBench.Fixed, bench.Space.Id, buffer, 0, 3 * Page, new DmaAddress(0x1_2000));
        bench.Domains[failing].FailingCall = bench.Domains[failing].Calls.Count + 4;
        Expect.Fails(Errno.EINVAL, () => bench.Context.Copy(IommuFdBench.Both, bench.Space.Id, bench.Space.Id, new DmaAddress(0x1_0000), 5 * Page));
        Assert.Equal((2, 2), (bench.Space.AreaCount, buffer.AttachmentCount));
        Assert.All(bench.Domains, static domain => Assert.Equal(5, domain.PageCount));
        bench.Check(new DmaAddress(0x1_0000), 2, 0);
        bench.Check(new DmaAddress(0x1_2000), 3, 0);
    }

    [Fact]
    public void A_domain_that_cannot_take_every_area_is_not_added_and_holds_nothing()
    {
        using IommuFdBench bench = new();
        using DmaBuffer buffer = ListExporter.SinglePages(Pages, bench.Registry).Buffer;
        DmaAddress first = bench.Map(buffer, 0, 2 * Page);
        bench.Map(buffer, 0, 3 * Page);
        for (int call = 1; call <= Pages; call++)
        {
            RecordingDomain full = new() { FailingCall = call };
            Expect.Fails(Errno.EINVAL, () => bench.Space.AddDomain(full));
            Assert.Equal(0, full.PageCount);
            bench.Context.MapFile(IommuFdBench.Both, bench.Space.Id, buffer, 0, Page);
            Assert.Equal(0, full.PageCount);
        }

        bench.Check(first, 2, 0);
    }

    [Fact]
    public async Task What_a_failed_fill_left_untracked_is_not_unmapped_by_a_later_revoke()
    {
        using IommuFdBench bench = new(domains: 2);
        using DmaBuffer buffer = ListExporter.SinglePages(Pages, bench.Registry).Buffer;
        DmaAddress source = bench.Map(buffer, 0, Page);
        bench.Domains[1].FailingCall = bench.Domains[1].Calls.Count + 1;
        Expect.Fails(Errno.EINVAL, () => bench.Context.Copy(IommuFdBench.Fixed, bench.Space.Id, bench.Space.Id, source, Page, new DmaAddress(0x9_0000)));

        // The address is somebody else's by now.
        using DmaBuffer other = ListExporter.SinglePages(1, bench.Registry).Buffer;
        bench.Context.MapFile(IommuFdBench.Fixed, bench.Space.Id, other, 0, Page, new DmaAddress(0x9_0000));
        await buffer.RevokeAsync(TimeSpan.Zero, TestContext.Current.CancellationToken);
        Assert.Null(bench.Domains[0].Translate(source.Value));
        bench.Check(new DmaAddress(0x9_0000), 1, 0);
    }

    [Fact]
    public void What_made_a_domain_refuse_is_still_there_after_the_failure()
    {
        using IommuFdBench bench = new(domains: 2, capacity: 1);
        using DmaBuffer buffer = ListExporter.SinglePages(Pages, bench.Registry).Buffer;
        DmaAddress strange = new(0x1_0000 + (2 * Page));
        bench.Domains[1].Map(strange, new PhysicalRange(new PhysicalAddress(0xABC000), Page), DmaDirection.Bidirectional, DmaAttributes.Mmio);
        Expect.Fails(Errno.EEXIST, () => bench.Context.MapFile(IommuFdBench.Fixed, bench.Space.Id, buffer, 0, Pages * Page, new DmaAddress(0x1_0000)));
        Assert.Equal((0, 1, 0xABC000UL), (bench.Domains[0].PageCount, bench.Domains[1].PageCount, bench.Domains[1].Translate(strange.Value)));
        bench.Domains[1].Unmap(new DmaRange(strange, Page));
    }
}
