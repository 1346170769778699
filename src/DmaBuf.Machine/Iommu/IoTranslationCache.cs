namespace DmaBuf.Machine;

/// <summary>
/// The translation cache of one domain (the IOTLB): 64 sets of 4 ways, the oldest of a full set is replaced. What it holds translates until it
/// is invalidated or replaced, whatever the table says meanwhile, as in hardware. What is not mapped is not remembered.
/// </summary>
/// <remarks>Deterministic. Not thread-safe: the domain locks.</remarks>
internal sealed class IoTranslationCache(int smallestPageShift)
{
    private const int Sets = 64;
    private const int Ways = 4;

    private readonly int[] _shifts = [smallestPageShift, 21, 30];
    private readonly int[] _countOfSize = new int[3];
    private readonly IoPage[] _entries = new IoPage[Sets * Ways];
    private readonly int[] _oldest = new int[Sets];

    public int Count { get; private set; }

    public bool TryFind(ulong address, out IoPage page)
    {
        for (int size = 0; size < _shifts.Length; size++)
        {
            if (_countOfSize[size] == 0)
            {
                continue;
            }

            int shift = _shifts[size];
            ulong start = address >> shift << shift;
            foreach (ref readonly IoPage entry in SetOf(address >> shift))
            {
                if (entry.Word != 0 && entry.Start == start && entry.Shift == shift)
                {
                    page = entry;
                    return true;
                }
            }
        }

        page = default;
        return false;
    }

    /// <summary>Remembers a page that <see cref="TryFind"/> did not find.</summary>
    public void Add(IoPage page)
    {
        ulong number = page.Start >> page.Shift;
        Span<IoPage> set = SetOf(number);
        ref int oldest = ref _oldest[(int)(number % Sets)];
        int way = 0;
        while (way < Ways && set[way].Word != 0)
        {
            way++;
        }

        if (way == Ways)
        {
            way = oldest;
            oldest = (oldest + 1) % Ways;
            Drop(ref set[way]);
        }

        set[way] = page;
        Count++;
        _countOfSize[SizeOf(page)]++;
    }

    /// <summary>Forgets every page that has an address in the extent.</summary>
    public void Invalidate(Extent extent)
    {
        for (int size = 0; size < _shifts.Length && Count != 0; size++)
        {
            if (_countOfSize[size] == 0)
            {
                continue;
            }

            ulong first = extent.Start >> _shifts[size];
            ulong last = (extent.End - 1) >> _shifts[size];
            if (last - first >= Sets)
            {
                DropOverlapping(_entries, extent);
                continue;
            }

            for (ulong number = first; number <= last; number++)
            {
                DropOverlapping(SetOf(number), extent);
            }
        }
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _entries.AsSpan().Clear();
        _countOfSize.AsSpan().Clear();
        Count = 0;
    }

    private Span<IoPage> SetOf(ulong number) => _entries.AsSpan((int)(number % Sets) * Ways, Ways);

    private int SizeOf(IoPage page) => Array.IndexOf(_shifts, page.Shift);

    private void DropOverlapping(Span<IoPage> entries, Extent extent)
    {
        foreach (ref IoPage entry in entries)
        {
            if (entry.Word != 0 && extent.Overlaps(new Extent(entry.Start, entry.Start + entry.Size)))
            {
                Drop(ref entry);
            }
        }
    }

    private void Drop(ref IoPage entry)
    {
        _countOfSize[SizeOf(entry)]--;
        Count--;
        entry = default;
    }
}
