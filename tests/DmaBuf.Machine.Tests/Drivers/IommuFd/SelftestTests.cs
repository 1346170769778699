namespace DmaBuf.Machine.Tests;

/// <summary>The cases of the kernel's selftest (spec 7.10) in all its variants.</summary>
public sealed class SelftestTests
{
    private const ulong Page = 4096;

    public static MatrixTheoryData<int, bool, ulong, int> Variants { get; } = new([0, 1, 2], [false, true], [2048, 4096], [1, 2, 170]);

    [Theory]
    [MemberData(nameof(Variants))]
    public void Dmabuf_simple(int domains, bool hugePages, ulong pageSize, int capacity)
    {
        using IommuFdBench bench = new(domains, hugePages, pageSize, capacity);
        using DmaBuffer buffer = Buffer(bench, 4);
        Expect.Fails(Errno.EINVAL, () => bench.Map(buffer, 0, 0));
        Expect.Fails(Errno.EINVAL, () => bench.Map(buffer, 4 * Page, 4 * Page));
        Expect.Fails(Errno.EINVAL, () => bench.Map(buffer, 0, (4 * Page) + 1));
        DmaAddress iova = bench.Map(buffer, 0, 4 * Page);
        bench.Check(iova, 4, 0);
        Assert.NotEqual(0UL, iova.Value);
        bench.Context.Unmap(bench.Space.Id, iova, 4 * Page);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Dmabuf_multi_page(int domains, bool hugePages, ulong pageSize, int capacity)
    {
        using IommuFdBench bench = new(domains, hugePages, pageSize, capacity);
        foreach (int count in new[] { 1, 64 })
        {
            using DmaBuffer whole = Buffer(bench, count);
            DmaAddress all = bench.Map(whole, 0, (ulong)count * Page);
            bench.Check(all, count, 0);
            bench.Context.Unmap(bench.Space.Id, all, (ulong)count * Page);
        }

        using DmaBuffer buffer = Buffer(bench, 16);
        bench.Check(bench.Map(buffer, 4 * Page, 8 * Page), 8, 4);
        bench.Check(bench.Map(buffer, 0, 4 * Page), 4, 0);
        bench.Check(bench.Map(buffer, 8 * Page, 4 * Page), 4, 8);
        Assert.Equal(16 * Page, bench.Context.Unmap(bench.Space.Id, new DmaAddress(0), ulong.MaxValue));
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task Dmabuf_revoke(int domains, bool hugePages, ulong pageSize, int capacity)
    {
        using IommuFdBench bench = new(domains, hugePages, pageSize, capacity);
        using DmaBuffer buffer = Buffer(bench, 4);
        DmaAddress first = bench.Map(buffer, 0, 4 * Page);
        RevokeReport report = await buffer.RevokeAsync(TimeSpan.Zero, TestContext.Current.CancellationToken);
        Assert.Equal(RevokeOutcome.Drained, report.Outcome);
        Assert.All(bench.Domains, static domain => Assert.Equal(0, domain.PageCount));
        RecordingDomain later = new(pageSize);
        bench.Space.AddDomain(later);
        Assert.Equal(0, later.PageCount);
        Expect.Fails(Errno.ENODEV, () => bench.Map(buffer, 0, 4 * Page));
        await buffer.UnrevokeAsync(TestContext.Current.CancellationToken);
        Assert.All(bench.Domains, static domain => Assert.Equal(0, domain.PageCount));
        DmaAddress second = bench.Map(buffer, 0, 4 * Page);
        bench.Check(second, 4, 0);
        Assert.Equal(4 * Page, bench.Context.Unmap(bench.Space.Id, first, 4 * Page));
        Assert.Equal(first, bench.Context.MapFile(IommuFdBench.Fixed, bench.Space.Id, buffer, 0, 4 * Page, first));
        bench.Check(first, 4, 0);
        Assert.Equal(8, later.PageCount * (int)pageSize / 4096);
        bench.Context.Unmap(bench.Space.Id, new DmaAddress(0), ulong.MaxValue);
    }

    private static DmaBuffer Buffer(IommuFdBench bench, int pages) => ListExporter.SinglePages(pages, bench.Registry).Buffer;
}
