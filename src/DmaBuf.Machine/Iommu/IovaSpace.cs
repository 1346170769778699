namespace DmaBuf.Machine;

/// <summary>
/// An I/O virtual address space: what is free, what is handed out, and small runs that were given back lately.
/// </summary>
/// <remarks>
/// Theory: nearly all requests of a driver have a few small lengths, again and again. A run of at most <see cref="LargestKeptPages"/> whole
/// pages that is given back is kept aside and handed out to the next request of that length whose limit and alignment it meets; the tree is
/// asked otherwise. When the tree has nothing, all that is kept goes back to it, so that keeping never makes a request fail.
/// Not thread-safe: its owner locks.
/// </remarks>
internal sealed class IovaSpace
{
    private const int LargestKeptPages = 32;
    private const int KeptPerLength = 64;
    private const int PageShift = 12;

    private readonly IovaFreeTree _free = new();
    private readonly IovaLedger _ledger = new();
    private readonly KeptRuns[] _kept = new KeptRuns[LargestKeptPages + 1];

    public IovaSpace(Extent addresses) => _free.Give(addresses);

    public ulong AllocatedBytes { get; private set; }

    /// <summary>Nodes of the tree that were looked at so far.</summary>
    public long Steps => _free.Steps;

    public bool TryAllocate(ulong length, ulong alignment, ulong last, out ulong start)
    {
        if (IsKeepable(length))
        {
            ref KeptRuns kept = ref _kept[(int)(length >> PageShift)];
            if (kept.Count != 0)
            {
                start = kept.Starts![kept.Count - 1];
                if ((start & (alignment - 1)) == 0 && start <= last && length - 1 <= last - start)
                {
                    kept.Count--;
                    _ledger.Find(start).Kept = false;
                    AllocatedBytes += length;
                    return true;
                }
            }
        }

        return TryAllocateFromTree(length, alignment, last, out start);
    }

    /// <summary>False: no such run is handed out, and nothing has changed.</summary>
    public bool TryFree(ulong start, ulong length)
    {
        ref IovaLedger.Entry entry = ref _ledger.Find(start);
        if (start == 0 || entry.Start != start || entry.Length != length || entry.Kept)
        {
            return false;
        }

        AllocatedBytes -= length;
        if (IsKeepable(length))
        {
            ref KeptRuns kept = ref _kept[(int)(length >> PageShift)];
            ulong[] starts = kept.Starts ??= new ulong[KeptPerLength];
            if ((uint)kept.Count < (uint)starts.Length)
            {
                starts[kept.Count++] = start;
                entry.Kept = true;
                return true;
            }
        }

        GiveToTree(start, length);
        return true;
    }

    private static bool IsKeepable(ulong length) => (length & ((1UL << PageShift) - 1)) == 0 && length <= (ulong)LargestKeptPages << PageShift;

    private bool TryAllocateFromTree(ulong length, ulong alignment, ulong last, out ulong start)
    {
        if (!_free.TryTake(length, alignment, last, out start))
        {
            if (!ReturnKept() || !_free.TryTake(length, alignment, last, out start))
            {
                return false;
            }
        }

        _ledger.Add(start, length);
        AllocatedBytes += length;
        return true;
    }

    private bool ReturnKept()
    {
        bool any = false;
        for (int pages = 1; pages <= LargestKeptPages; pages++)
        {
            ref KeptRuns kept = ref _kept[pages];
            for (; kept.Count != 0; kept.Count--)
            {
                GiveToTree(kept.Starts![kept.Count - 1], (ulong)pages << PageShift);
                any = true;
            }
        }

        return any;
    }

    private void GiveToTree(ulong start, ulong length)
    {
        _ledger.Remove(start);
        _free.Give(new Extent(start, start + length));
    }

    private struct KeptRuns
    {
        public ulong[]? Starts;
        public int Count;
    }
}
