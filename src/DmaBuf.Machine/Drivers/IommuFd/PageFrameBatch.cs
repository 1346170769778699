namespace DmaBuf.Machine;

/// <summary>
/// Shows how physical pages travel in pieces of bounded size (<c>struct pfn_batch</c>): runs of page frames, of one kind of memory, in the order of the buffer.
/// A run that continues the last one extends it, so that a domain sees the longest run there is whatever list it came from.
/// </summary>
/// <remarks>Not thread-safe. Filled and emptied again and again; allocates in its constructor only.</remarks>
public sealed class PageFrameBatch
{
    /// <summary>Bytes of a page frame.</summary>
    public const ulong PageSize = 4096;

    private readonly ulong[] _frames;
    private readonly uint[] _counts;

    /// <summary>Makes an empty batch.</summary>
    /// <param name="capacity">How many runs it holds; at least 1.</param>
    /// <exception cref="DmaBufException">EINVAL: less than 1.</exception>
    public PageFrameBatch(int capacity)
    {
        if (capacity < 1)
        {
            throw new DmaBufException(Errno.EINVAL, $"A batch of {capacity} runs was refused: it needs room for one at least.");
        }

        _frames = new ulong[capacity];
        _counts = new uint[capacity];
    }

    /// <summary>Runs in it.</summary>
    public int Count { get; private set; }

    /// <summary>Pages in it.</summary>
    public ulong TotalPages { get; private set; }

    /// <summary>What all of its pages are; meaningless while it is empty.</summary>
    public PhysicalMemoryKind Kind { get; private set; }

    /// <summary>One run: its first page frame, and how many pages it has.</summary>
    /// <param name="index">From 0 to <see cref="Count"/> minus 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such run.</exception>
    public (ulong Frame, uint Pages) this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            return (_frames[index], _counts[index]);
        }
    }

    /// <summary>Adds a run behind the others.</summary>
    /// <param name="frame">The first page frame.</param>
    /// <param name="pages">How many; not zero.</param>
    /// <param name="kind">What they are.</param>
    /// <returns>False, and nothing was added: no room, or pages of the other kind are in it.</returns>
    public bool TryAdd(ulong frame, uint pages, PhysicalMemoryKind kind)
    {
        if (Count != 0 && kind != Kind)
        {
            return false;
        }

        int last = Count - 1;
        if (Count != 0 && _frames[last] + _counts[last] == frame && pages <= uint.MaxValue - _counts[last])
        {
            _counts[last] += pages;
        }
        else if (Count < _frames.Length)
        {
            (_frames[Count], _counts[Count]) = (frame, pages);
            Count++;
        }
        else
        {
            return false;
        }

        Kind = kind;
        TotalPages += pages;
        return true;
    }

    /// <summary>Takes everything out.</summary>
    public void Clear() => (Count, TotalPages) = (0, 0);
}
