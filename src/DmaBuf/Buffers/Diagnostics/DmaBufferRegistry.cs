namespace DmaBuf;

/// <summary>
/// The buffers that live (<c>bufinfo</c>'s list), and the problems that nobody could be told of. A forgotten detach shows here; there are no finalizers.
/// </summary>
/// <remarks>Safe for all threads. Its lock is a leaf: nothing is called under it.</remarks>
public sealed class DmaBufferRegistry
{
    /// <summary>Older problems are dropped beyond this many; <see cref="ProblemCount"/> goes on counting.</summary>
    public const int MaximumProblemsKept = 256;

    private readonly Lock _lock = new();
    private readonly Dictionary<long, DmaBuffer> _buffers = [];
    private readonly Queue<DmaBufferProblem> _problems = [];
    private long _problemCount;

    /// <summary>The registry of buffers that name no other.</summary>
    public static DmaBufferRegistry Default { get; } = new();

    /// <summary>The number of buffers that are not released.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _buffers.Count;
            }
        }
    }

    /// <summary>All problems so far, also those no longer kept.</summary>
    public long ProblemCount => Volatile.Read(ref _problemCount);

    /// <summary>The buffers that are not released, oldest first; a snapshot.</summary>
    public IReadOnlyList<DmaBuffer> Buffers
    {
        get
        {
            lock (_lock)
            {
                return [.. _buffers.Values.OrderBy(static buffer => buffer.Id)];
            }
        }
    }

    /// <summary>The latest problems, oldest first; a snapshot.</summary>
    public IReadOnlyList<DmaBufferProblem> Problems
    {
        get
        {
            lock (_lock)
            {
                return [.. _problems];
            }
        }
    }

    /// <summary>Every buffer, its fences and attachments as text, as readers of <c>/sys/kernel/debug/dma_buf/bufinfo</c> know it.</summary>
    /// <remarks>Takes each buffer's reservation lock while that buffer is described; call it without one.</remarks>
    public string Dump() => DumpText.Write(Buffers);

    /// <summary>The same as JSON: an object with <c>buffers</c>, <c>objects</c> and <c>bytes</c>; the schema stands in docs/dump.md.</summary>
    public string DumpJson() => DumpJsonWriter.Write(Buffers);

    internal void Add(DmaBuffer buffer)
    {
        lock (_lock)
        {
            _buffers.Add(buffer.Id, buffer);
        }
    }

    internal void Remove(DmaBuffer buffer)
    {
        lock (_lock)
        {
            _buffers.Remove(buffer.Id);
        }
    }

    internal void Report(DmaBufferProblemKind kind, string description)
    {
        lock (_lock)
        {
            _problemCount++;
            _problems.Enqueue(new DmaBufferProblem(kind, description));
            if (_problems.Count > MaximumProblemsKept)
            {
                _problems.Dequeue();
            }
        }
    }
}
