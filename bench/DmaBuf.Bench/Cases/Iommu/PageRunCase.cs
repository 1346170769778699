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
    private const int SmallPages = 32768;

    private static readonly ulong s_flags = IoPageWord.FlagsOf(DmaDirection.Bidirectional, DmaAttributes.None);

    private static readonly int[] s_sizes = [1, 8, 64, 512, 4096, SmallPages, 1 << 18];

    private readonly IoPageTable _table = new(Small, hugePages: true);
    private readonly Extent _addresses;
    private readonly ulong _physical;

    private PageRunCase(string name, string twinCase, TwinBuild twinBuild, double? target, int pages, Extent addresses, ulong physical)
    {
        Name = name;
        TwinCase = twinCase;
        TwinBuild = twinBuild;
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

    public TwinBuild TwinBuild { get; }

    public GrowthPoint? Growth { get; private init; }

    // Of a curve: more tables than the pool keeps are made anew.
    public long? AllowedBytes => Growth is null ? 0 : null;

    /// <summary>The rows that show how cost grows with the run.</summary>
    public static IEnumerable<PageRunCase> CreateGrowth() => s_sizes.Select(static size =>
        new PageRunCase($"map + unmap, {size} pages", $"pages-in-table:{size}", TwinBuild.Plain, null, size, RunOf(size, Small), Physical + Small)
        {
            Growth = new GrowthPoint("A run of 4 KiB pages mapped and unmapped", "pages", size),
        });

    /// <summary>The rows in the report's order.</summary>
    public static IEnumerable<PageRunCase> CreateAll() =>
    [
        .. Sizes(TwinBuild.Plain, 0.2),
        OnePage(TwinBuild.Plain, 0.8),
        .. Sizes(TwinBuild.Native, 0.8),
        OnePage(TwinBuild.Native, 1.5),
        new($"map + unmap, run of {SmallPages} 4 KiB pages, against writing the entries", "pagetable-entries-4k", TwinBuild.Native, 1.75, SmallPages, RunOf(SmallPages, Small), Physical + Small),
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

    private static IEnumerable<PageRunCase> Sizes(TwinBuild twin, double target) =>
    [
        new(NameOf($"run of {SmallPages} 4 KiB pages", twin), "pagetable-run-4k", twin, target, SmallPages, RunOf(SmallPages, Small), Physical + Small),
        new(NameOf("run of 4096 2 MiB pages", twin), "pagetable-run-2m", twin, target, 4096, RunOf(4096, 1UL << 21), Physical + (1UL << 21)),
        new(NameOf("run of 1024 1 GiB pages", twin), "pagetable-run-1g", twin, target, 1024, RunOf(1024, 1UL << 30), Physical),
    ];

    private static Extent RunOf(int pages, ulong page) => new(Start, Start + ((ulong)pages * page));

    private static PageRunCase OnePage(TwinBuild twin, double target)
    {
        PageRunCase made = new(NameOf("one 4 KiB page", twin), "pagetable-one-page", twin, target, 1, new Extent(Start + Small, Start + (2 * Small)), Physical + (7 * Small));
        made._table.TryMap(new Extent(Start, Start + Small), Physical, s_flags);
        return made;
    }

    private static string NameOf(string what, TwinBuild twin) => twin == TwinBuild.Plain ? $"map + unmap, {what}" : $"map + unmap, {what}, against -O3 native";
}
