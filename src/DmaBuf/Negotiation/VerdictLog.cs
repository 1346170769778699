using System.Runtime.CompilerServices;

namespace DmaBuf;

/// <summary>
/// What one pass of the matcher heard, kept as values so that a failing attach can explain itself without asking a mapping type twice. A context
/// writes evidence straight into the next record; the matcher commits the record once the type has returned that verdict.
/// </summary>
/// <remarks>
/// The buffer is the thread's, borrowed at the first decline and given back, so that a pass in steady state allocates nothing. A pass inside a pass
/// finds it lent and makes its own.
/// </remarks>
internal struct VerdictLog
{
    private VerdictBuffer? _buffer;
    private int _count;

    internal readonly ReadOnlySpan<PairRecord> Records => _buffer is null ? default : _buffer.Records.AsSpan(0, _count);

    /// <summary>The number of the next record: what a verdict carries to be recognised.</summary>
    internal readonly int Ticket => _count + 1;

    /// <summary>False: <see cref="MakeRoom"/> first.</summary>
    internal readonly bool HasRoom => _buffer is { } buffer && (uint)_count < (uint)buffer.Records.Length;

    /// <summary>The next record, to be written; it counts once it is committed. There is room for it.</summary>
    internal readonly ref PairRecord Next => ref _buffer!.Records[_count];

    /// <summary>Borrows the thread's buffer, or makes the one at hand larger.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal void MakeRoom()
    {
        VerdictBuffer buffer = _buffer ??= VerdictBuffer.Borrow();
        if (_count == buffer.Records.Length)
        {
            Array.Resize(ref buffer.Records, buffer.Records.Length * 2);
        }
    }

    /// <summary>Counts the decline that a context has written. False: the verdict is another one, or was not made for this pair.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryCommitDecline(MatchVerdict verdict, PairPlace place)
    {
        if (!verdict.Is(MatchVerdictKind.Declined, Ticket) || !HasRoom)
        {
            return false;
        }

        Next.Place = place;
        _count++;
        return true;
    }

    /// <summary>Counts the abort that a context has written, or writes that there was no verdict; either is the pass's last word.</summary>
    /// <returns>With which errno the pass ends.</returns>
    internal Errno CommitLast(MatchVerdict verdict, PairPlace place)
    {
        bool aborted = verdict.Is(MatchVerdictKind.Aborted, Ticket) && HasRoom;
        if (!HasRoom)
        {
            MakeRoom();
        }

        ref PairRecord record = ref Next;
        if (!aborted)
        {
            record = new PairRecord { Kind = MatchVerdictKind.Missing, Offered = (long)Errno.EINVAL };
        }

        record.Place = place;
        _count++;
        return record.Errno;
    }

    internal void Return()
    {
        if (_buffer is { } buffer)
        {
            buffer.GiveBack();
            _buffer = null;
            _count = 0;
        }
    }
}
