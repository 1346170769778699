using DmaBuf.Machine;

namespace DmaBuf.Bench;

/// <summary>The walk of an I/O page table for one access: addresses all over 1024 pages of 4 KiB.</summary>
internal sealed class TranslationCase : IBenchmarkCase
{
    private const ulong Start = 1UL << 39;
    private const ulong Physical = 1UL << 40;
    private const ulong Page = 1UL << 12;
    private const ulong Pages = 1024;

    private readonly IoPageTable _table = new(Page, hugePages: true);

    /// <summary>Maps the pages.</summary>
    public TranslationCase() =>
        _table.TryMap(
            new Extent(Start, Start + (Pages * Page)), Physical + Page, IoPageWord.FlagsOf(DmaDirection.Bidirectional, DmaAttributes.None));

    public string Name => "translation of one access, table walk";

    public string Unit => "ns/access";

    public double? Target => null;

    public string TwinCase => "pagetable-translate";

    public void Run(int iterations)
    {
        ulong page = 0;
        for (int i = 0; i < iterations; i++)
        {
            page = (page + 389) % Pages;
            ulong address = Start + (page * Page) + 8;
            if (!_table.TryFind(address, out IoPage found) || found.PhysicalOf(address) != Physical + ((page + 1) * Page) + 8)
                throw BenchmarkException.WentWrong($"'{Name}' led to a wrong place.");
        }
    }
}
