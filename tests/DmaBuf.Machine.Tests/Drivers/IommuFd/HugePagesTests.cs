namespace DmaBuf.Machine.Tests;

/// <summary>The option HUGE_PAGES: neighbouring pages come to a domain together, or each by itself (spec 7.9).</summary>
public sealed class HugePagesTests
{
    private const ulong Page = 4096;

    [Theory]
    [InlineData(true, 4)]
    [InlineData(false, 10)]
    public void Neighbours_are_mapped_together_only_if_the_address_space_permits_it(bool hugePages, int calls)
    {
        using IommuFdBench bench = new(domains: 1, hugePages, pageSize: 2048);
        PhysicalRange[] ranges = [Range(0x10_0000, 4), Range(0x20_0000, 2), Range(0x10_4000, 2), Range(0x30_0000, 8)];
        using DmaBuffer buffer = ListExporter.Export(bench.Registry, ranges).Buffer;
        DmaAddress iova = bench.Map(buffer, 0x800, 9 * Page);
        RecordingDomain domain = bench.Domains[0];
        Assert.Equal(calls, domain.Calls.Count);
        Assert.Equal(9 * Page, domain.Calls.Aggregate(0UL, static (sum, call) => sum + call.Length));
        Assert.Equal((0x10_0800UL, 0x30_1000UL), (domain.Translate(iova.Value), domain.Translate(iova.Value + (9 * Page) - 0x800)));
        bench.Context.Unmap(bench.Space.Id, iova, 9 * Page);
    }

    private static PhysicalRange Range(ulong start, ulong pages) => new(new PhysicalAddress(start), pages * Page);
}
