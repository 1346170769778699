namespace DmaBuf.Bench;

/// <summary>
/// Builds and releases a whole table through the public interface, in the mode that maps nothing (bus addresses). Does more than the
/// twin's count + allocate + fill + free: it also checks every range and their sum, and makes the object that undoes the mapping.
/// </summary>
internal sealed class TableBuildCase : IBenchmarkCase
{
    private const int CountWithTarget = 4096;

    private readonly BenchDevice _device = new();
    private readonly PeerToPeerProvider _provider;
    private readonly PhysicalRange[] _ranges;
    private readonly ulong _size;

    /// <summary>Makes the ranges and the parties.</summary>
    public TableBuildCase(int count)
    {
        _provider = new PeerToPeerProvider(_device, TableRanges.BusOffset);
        _ranges = TableRanges.Create(count);
        foreach (PhysicalRange range in _ranges)
            _size += range.Length;
    }

    public string Name => $"scatter/gather check + build + release, {TableRanges.Describe(_ranges.Length)}";

    public string Unit => "ns/range";

    public int UnitsPerIteration => _ranges.Length;

    public double? Target => _ranges.Length == CountWithTarget ? 0.7 : null;

    public long? AllowedBytes => null;

    public string TwinCase => $"table-build-{_ranges.Length}";

    public void Run(int iterations)
    {
        for (int i = 0; i < iterations; i++)
        {
            ScatterGatherBacking backing = ScatterGatherTableBuilder.Build(_device, _provider, _ranges, _size, DmaDirection.Bidirectional);
            if (backing.Table.Count != _ranges.Length)
                throw BenchmarkException.WentWrong($"'{Name}' made {backing.Table.Count} entries.");
            backing.Release();
        }
    }
}
