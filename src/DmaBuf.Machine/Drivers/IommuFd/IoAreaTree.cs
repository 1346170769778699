namespace DmaBuf.Machine;

/// <summary>
/// The areas of an address space by I/O virtual address (the role of <c>interval_tree</c>). They are disjoint, so an ordered array with binary search finds any overlap in
/// logarithmic time.
/// </summary>
/// <remarks>Not thread-safe: the address space locks.</remarks>
internal sealed class IoAreaTree
{
    private readonly List<IoArea> _areas = [];

    internal IReadOnlyList<IoArea> All => _areas;

    /// <summary>The areas that touch an interval, ascending.</summary>
    internal IReadOnlyList<IoArea> Touching(ulong start, ulong last)
    {
        int first = FirstEndingAtOrAfter(start);
        int behind = first;
        while (behind < _areas.Count && _areas[behind].Start <= last)
        {
            behind++;
        }

        return _areas.GetRange(first, behind - first);
    }

    internal bool IsFree(ulong start, ulong last, out ulong blockerLast)
    {
        int first = FirstEndingAtOrAfter(start);
        bool free = first == _areas.Count || _areas[first].Start > last;
        blockerLast = free ? 0 : _areas[first].Last;
        return free;
    }

    internal void Add(IoArea area) => _areas.Insert(FirstEndingAtOrAfter(area.Start), area);

    internal void Remove(IoArea area)
    {
        int index = FirstEndingAtOrAfter(area.Start);
        if (index < _areas.Count && ReferenceEquals(_areas[index], area))
        {
            _areas.RemoveAt(index);
        }
    }

    private int FirstEndingAtOrAfter(ulong address)
    {
        int low = 0;
        int high = _areas.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_areas[middle].Last >= address)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }
}
