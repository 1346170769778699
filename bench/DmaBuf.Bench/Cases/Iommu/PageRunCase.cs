using DmaBuf.Machine;

namespace DmaBuf.Bench;

/// <summary>
/// Maps a run in an I/O page table and unmaps it: pages of one size, or one page in a table that has another. The table alone on both sides,
/// without lock and translation cache.
/// </summary>
internal sealed class PageRunCase : IBenchmarkCase
{
    private const ulong Start = 1UL << 39;
    private const ulong Physical = 1UL << 40;
    private const ulong Small = 1UL << 12;

    private static readonly ulong s_flags = IoPageWord.FlagsOf(DmaDirection.Bidirectional, DmaAttributes.None);

    private readonly IoPageTable _table = new(Small, hugePages: true);
    private readonly Extent _addresses;
    private readonly ulong _physical;

    private PageRunCase(string name, string twinCase, double target, int pages, Extent addresses, ulong physical)
    {
        Name = name;
        TwinCase = twinCase;
        Target = target;
        UnitsPerIteration = pages;
        _addresses = addresses;
        _physical = physical;
    }

    public string Name { get; }

    public string Unit => "ns/page";

    public int UnitsPerIteration { get; }

    public double? Target { get; }

    public string TwinCase { get; }

    /// <summary>The rows in the report's order.</summary>
    public static IEnumerable<PageRunCase> CreateAll() =>
    [
        Run("4 KiB", "pagetable-run-4k", 32768, Small, Physical + Small),
        Run("2 MiB", "pagetable-run-2m", 4096, 1UL << 21, Physical + (1UL << 21)),
        Run("1 GiB", "pagetable-run-1g", 1024, 1UL << 30, Physical),
        OnePage(),
    ];

    public void Run(int iterations)
    {
        ulong before = _table.MappedBytes;
        for (int i = 0; i < iterations; i++)
        {
            if (!_table.TryMap(_addresses, _physical, s_flags))
                throw BenchmarkException.WentWrong($"'{Name}' could not be mapped.");
            _table.Unmap(_addresses);
        }

        if (_table.MappedBytes != before)
            throw BenchmarkException.WentWrong($"'{Name}' left something mapped.");
    }

    private static PageRunCase Run(string size, string twinCase, int pages, ulong page, ulong physical) =>
        new($"map + unmap, run of {pages} {size} pages", twinCase, 0.2, pages, new Extent(Start, Start + ((ulong)pages * page)), physical);

    private static PageRunCase OnePage()
    {
        PageRunCase made = new("map + unmap, one 4 KiB page", "pagetable-one-page", 0.8, 1, new Extent(Start + Small, Start + (2 * Small)), Physical + (7 * Small));
        made._table.TryMap(new Extent(Start, Start + Small), Physical, s_flags);
        return made;
    }
}
