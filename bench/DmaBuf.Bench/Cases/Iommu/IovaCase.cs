using DmaBuf.Machine;

namespace DmaBuf.Bench;

/// <summary>
/// One run of I/O virtual addresses allocated and freed: a page, which is kept for reuse, or 40 pages, which are not, among many free runs of
/// that length. Without the public allocator's lock on both sides; both refuse a free that names nothing.
/// </summary>
internal sealed class IovaCase : IBenchmarkCase
{
    /// <summary>The twin's number.</summary>
    public const int ManyFragments = 100_000;

    private const ulong Page = 4096;
    private const ulong Start = 0x1_0000_0000;
    private const ulong LongRun = 40 * Page;

    private readonly IovaSpace _space = new(new Extent(Start, 1UL << 47));
    private readonly int _fragments;
    private readonly ulong _length;

    /// <summary>Makes the space, and the free runs in it.</summary>
    public IovaCase(int fragments)
    {
        _fragments = fragments;
        _length = fragments == 0 ? Page : LongRun;
        for (int i = 0; i < 2 * fragments; i++)
            _space.TryAllocate(LongRun, Page, ulong.MaxValue, out _);
        for (int i = 0; i < 2 * fragments; i += 2)
            _space.TryFree(Start + ((ulong)i * LongRun), LongRun);
    }

    public string Name => _fragments == 0 ? "IOVA allocate + free, cached size" : $"IOVA allocate + free, {_fragments} free runs";

    public string Unit => "ns/operation";

    public double? Target => _fragments == 0 ? 1.1 : null;

    public string TwinCase => _fragments == 0 ? "iova-cached" : "iova-fragmented";

    public void Run(int iterations)
    {
        for (int i = 0; i < iterations; i++)
        {
            if (!_space.TryAllocate(_length, Page, ulong.MaxValue, out ulong start) || !_space.TryFree(start, _length))
                throw BenchmarkException.WentWrong($"'{Name}' could not be had or freed.");
        }
    }
}
