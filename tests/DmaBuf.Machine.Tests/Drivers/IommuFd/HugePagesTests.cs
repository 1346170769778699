namespace DmaBuf.Machine.Tests;

/// <summary>The option HUGE_PAGES: neighbouring pages come to a domain together, or each by itself (spec 7.9).</summary>
public sealed class HugePagesTests
{
    private const ulong Page = 4096;

    [Theory]
    [InlineData(true, 0x800, 4)]
    [InlineData(true, Page, 4)]
    [InlineData(false, Page, 9)]
    public void Neighbours_are_mapped_together_only_if_the_address_space_permits_it(bool hugePages, ulong start, int calls)
    {
        using IommuFdBench bench = new(domains: 1, hugePages, pageSize: 2048);
        PhysicalRange[] ranges = [Range(0x10_0000, 4), Range(0x20_0000, 2), Range(0x10_4000, 2), Range(0x30_0000, 8)];
        using DmaBuffer buffer = ListExporter.Export(bench.Registry, ranges).Buffer;
        DmaAddress iova = bench.Map(buffer, start, 9 * Page);
        RecordingDomain domain = bench.Domains[0];
        Assert.Equal(calls, domain.Calls.Count);
        Assert.Equal(9 * Page, domain.Calls.Aggregate(0UL, static (sum, call) => sum + call.Length));
        Assert.Equal((0x10_0000 + start, 0x30_1000UL), (domain.Translate(iova.Value), domain.Translate(iova.Value + (9 * Page) - start)));
        bench.Context.Unmap(bench.Space.Id, iova, 9 * Page);
    }

    /// <summary>One by one they are installed as whole pages, however small the domain's are.</summary>
    [Fact]
    public void Without_large_pages_only_whole_pages_can_be_mapped()
    {
        using IommuFdBench bench = new(domains: 1, hugePages: false, pageSize: 2048);
        using DmaBuffer buffer = ListExporter.Export(bench.Registry, Range(0x10_0000, 4)).Buffer;
        Assert.Equal(Page, bench.Space.IovaAlignment);
        Expect.Fails(Errno.EINVAL, () => bench.Map(buffer, 0x800, Page));
    }

    private static PhysicalRange Range(ulong start, ulong pages) => new(new PhysicalAddress(start), pages * Page);
}
