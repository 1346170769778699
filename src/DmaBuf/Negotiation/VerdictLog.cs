namespace DmaBuf;

/// <summary>
/// The verdicts of one pass, kept as values so that a failing attach can explain itself without asking a mapping type twice. The array is borrowed
/// from the thread at the first decline and given back, so that a pass in steady state allocates nothing.
/// </summary>
internal ref struct VerdictLog
{
    /// <summary>Enough for 64 offers by 64 requests; 160 KiB a thread that negotiates such lists.</summary>
    private const int LargestKept = 4096;

    [ThreadStatic]
    private static PairRecord[]? t_spare;

    private PairRecord[]? _records;
    private int _count;

    internal readonly ReadOnlySpan<PairRecord> Records => _records.AsSpan(0, _count);

    internal void Add(int offer, int converted, int request, in MatchVerdict verdict)
    {
        PairRecord[]? records = _records;
        if (records is null || _count == records.Length)
        {
            records = Grow();
        }

        ref PairRecord record = ref records[_count++];
        record.Offer = (short)offer;
        record.Converted = (short)converted;
        record.Request = (short)request;
        record.Verdict = verdict;
    }

    internal void Return()
    {
        if (_records is { Length: <= LargestKept })
        {
            t_spare = _records;
        }

        _records = null;
        _count = 0;
    }

    private PairRecord[] Grow()
    {
        if (_records is null)
        {
            // Taken, not shared: a nested pass on this thread then finds none and makes its own.
            _records = t_spare ?? new PairRecord[16];
            t_spare = null;
        }
        else
        {
            Array.Resize(ref _records, _records.Length * 2);
        }

        return _records;
    }
}
