namespace DmaBuf.Bench;

/// <summary>Writes the entries of a table that is there, against C's loop or against the limit of writing memory.</summary>
internal sealed class TableFillCase(int count, bool againstMemset) : IBenchmarkCase
{
    private const int CountWithTarget = 4096;

    private readonly PhysicalRange[] _ranges = TableRanges.Create(count);
    private readonly ScatterGatherEntry[] _entries = new ScatterGatherEntry[count];

    public string Name => $"scatter/gather fill, {TableRanges.Describe(count)}{(againstMemset ? ", against memset" : "")}";

    public string Unit => "ns/range";

    public int UnitsPerIteration => count;

    public double? Target => (count, againstMemset) switch
    {
        (CountWithTarget, true) => 2.5,
        (CountWithTarget, false) => 0.5,
        _ => null,
    };

    public string TwinCase => againstMemset ? $"table-memset-{count}" : $"table-fill-{count}";

    public void Run(int iterations)
    {
        for (int i = 0; i < iterations; i++)
            ScatterGatherFill.FromRanges(_ranges, _entries, TableRanges.BusOffset);

        PhysicalRange last = _ranges[^1];
        if (_entries[^1] != new ScatterGatherEntry(new DmaAddress(last.Start.Value + TableRanges.BusOffset), (uint)last.Length))
            throw BenchmarkException.WentWrong($"'{Name}' left a wrong last entry.");
    }
}
