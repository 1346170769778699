using DmaBuf.Machine;

namespace DmaBuf.Bench;

/// <summary>A run of so many 4 KiB pages mapped in an I/O page table and unmapped, none of them part of a larger page.</summary>
internal sealed class PageGrowthCase(int pages) : IBenchmarkCase
{
    private const ulong Page = 4096;
    private const ulong Start = 1UL << 39;
    private const ulong Physical = (1UL << 40) + Page;

    private static readonly int[] s_sizes = [1, 8, 64, 512, 4096, 32768, 1 << 18];
    private static readonly ulong s_flags = IoPageWord.FlagsOf(DmaDirection.Bidirectional, DmaAttributes.None);

    private readonly IoPageTable _table = new(Page, hugePages: true);
    private readonly Extent _addresses = new(Start, Start + ((ulong)pages * Page));

    public string Name => $"map + unmap, {pages} pages";

    public string Unit => "ns/page";

    public int UnitsPerIteration => pages;

    public double? Target => null;

    // More tables than the pool keeps are made anew.
    public long? AllowedBytes => null;

    public string TwinCase => $"pages-in-table:{pages}";

    public GrowthPoint Growth => new("A run of 4 KiB pages mapped and unmapped", "pages", pages);

    /// <summary>The rows in the report's order.</summary>
    public static IEnumerable<PageGrowthCase> CreateAll() => s_sizes.Select(static size => new PageGrowthCase(size));

    public void Run(int iterations)
    {
        for (int i = 0; i < iterations; i++)
        {
            if (!_table.TryMap(_addresses, Physical, s_flags))
                throw BenchmarkException.WentWrong($"'{Name}' could not be mapped.");
            _table.Unmap(_addresses);
        }

        if (_table.MappedBytes != 0)
            throw BenchmarkException.WentWrong($"'{Name}' left something mapped.");
    }
}
