namespace DmaBuf.Tool;

/// <summary>The table of a right exporter, cut into pages and made wrong; undone with the table that it was made of.</summary>
internal sealed class MutatedTable : ScatterGatherBacking
{
    private const uint Page = 4096;

    private readonly ScatterGatherBacking _right;

    internal MutatedTable(ScatterGatherBacking right, MatrixMutation mutation)
        : base(Mutate(right.Table.Entries, mutation), right.Cost) => _right = right;

    protected override void Undo() => _right.Release();

    // In pages, because an IOMMU makes one entry of the whole buffer, in which there would be nothing to swap.
    private static ScatterGatherEntry[] Mutate(ReadOnlySpan<ScatterGatherEntry> entries, MatrixMutation mutation)
    {
        List<ScatterGatherEntry> pages = [];
        foreach (ScatterGatherEntry entry in entries)
        {
            for (uint offset = 0; offset < entry.Length; offset += Page)
            {
                pages.Add(new ScatterGatherEntry(new DmaAddress(entry.Address.Value + offset), Page));
            }
        }

        int middle = pages.Count / 2;
        if (mutation == MatrixMutation.Shift)
        {
            pages[middle] = pages[middle] with { Address = new DmaAddress(pages[middle].Address.Value + Page) };
        }
        else if (mutation == MatrixMutation.Swap)
        {
            (pages[middle], pages[0]) = (pages[0], pages[middle]);
        }

        return [.. pages];
    }
}
