using System.Diagnostics;
using System.Numerics;

namespace DmaBuf.Sharing;

/// <summary>Who has which buffer, as the publisher knows it: private memory, which no subscriber reaches. Pure bookkeeping, without clock, lock or shared memory.</summary>
/// <remarks>
/// <para>A buffer is <em>free</em>, <em>loaned</em> (being filled), or <em>out</em>: published, with a mask of those who still need it. A mask's low bits are members;
/// <see cref="Latest"/> and <see cref="Contents"/> are needs of the publisher itself. When the mask becomes empty the buffer is free.</para>
/// <para>For one thread at a time.</para>
/// </remarks>
internal sealed class BufferLedger
{
    /// <summary>It is kept for who joins next.</summary>
    internal const ulong Latest = 1UL << 62;

    /// <summary>It is still being written, although it was published.</summary>
    internal const ulong Contents = 1UL << 63;

    /// <summary>The bits that are members.</summary>
    internal const ulong Members = Latest - 1;

    private readonly ulong[] _needs;
    private readonly ulong[] _sequences;
    private readonly bool[] _loaned;
    private readonly int[] _free;
    private int _freeCount;

    internal BufferLedger(int buffers)
    {
        _needs = new ulong[buffers];
        _sequences = new ulong[buffers];
        _loaned = new bool[buffers];
        _free = new int[buffers];
        for (int buffer = buffers - 1; buffer >= 0; buffer--)
            _free[_freeCount++] = buffer;
    }

    internal int Count => _needs.Length;

    internal int FreeCount => _freeCount;

    internal int LoanedCount { get; private set; }

    /// <summary>Whether nobody is writing into any buffer.</summary>
    internal bool IsQuiet => LoanedCount == 0 && Array.TrueForAll(_needs, static needs => (needs & Contents) == 0);

    /// <summary>Takes a free buffer, the one that was used last: its memory is the warmest.</summary>
    internal bool TryLoan(out int buffer)
    {
        if (_freeCount == 0)
        {
            buffer = -1;
            return false;
        }

        buffer = _free[--_freeCount];
        _loaned[buffer] = true;
        LoanedCount++;
        return true;
    }

    internal bool IsLoaned(int buffer) => _loaned[buffer];

    /// <summary>A loan ends without a frame.</summary>
    internal void Return(int buffer)
    {
        EndLoan(buffer);
        Free(buffer);
    }

    /// <summary>A loan ends as a frame that these need; none: the buffer is free at once.</summary>
    internal void Publish(int buffer, ulong sequence, ulong needs)
    {
        EndLoan(buffer);
        _sequences[buffer] = sequence;
        _needs[buffer] = needs;
        if (needs == 0)
            Free(buffer);
    }

    /// <summary>Who needs it; 0 for a buffer that is free or loaned.</summary>
    internal ulong NeedsOf(int buffer) => _needs[buffer];

    /// <summary>The frame in a buffer that is out.</summary>
    internal ulong SequenceOf(int buffer) => _sequences[buffer];

    /// <summary>One more needs a buffer that is out.</summary>
    internal void Add(int buffer, ulong need)
    {
        Debug.Assert(_needs[buffer] != 0, "Only a buffer that is out can be needed.");
        _needs[buffer] |= need;
    }

    /// <summary>These need it no more; what was not needed stays so.</summary>
    internal void Release(int buffer, ulong needs)
    {
        ulong before = _needs[buffer];
        _needs[buffer] = before & ~needs;
        if (before != 0 && _needs[buffer] == 0)
            Free(buffer);
    }

    /// <summary>A member has gone: it needs nothing any more.</summary>
    internal void ReleaseAll(ulong need)
    {
        for (int buffer = 0; buffer < Count; buffer++)
            Release(buffer, need);
    }

    /// <summary>The buffer with the oldest frame later than <paramref name="after"/> that members need; -1 if there is none.</summary>
    internal int OldestOut(ulong after)
    {
        int oldest = -1;
        for (int buffer = 0; buffer < Count; buffer++)
        {
            if ((_needs[buffer] & Members) != 0 && _sequences[buffer] > after && (oldest < 0 || _sequences[buffer] < _sequences[oldest]))
                oldest = buffer;
        }

        return oldest;
    }

    /// <summary>The lowest member of a mask, which is taken out of it.</summary>
    internal static int NextMember(ref ulong mask)
    {
        int member = BitOperations.TrailingZeroCount(mask);
        mask &= mask - 1;
        return member;
    }

    private void EndLoan(int buffer)
    {
        Debug.Assert(_loaned[buffer], "Only a loaned buffer is returned or published.");
        _loaned[buffer] = false;
        LoanedCount--;
    }

    private void Free(int buffer)
    {
        Debug.Assert(_freeCount < _free.Length, "No buffer is freed twice.");
        _free[_freeCount++] = buffer;
    }
}
