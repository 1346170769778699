namespace DmaBuf.Machine;

/// <summary>
/// The addresses that a device without an IOMMU was given. Real hardware lets such a device reach everything; the machine counts grants
/// per address, so that an access outside of them is caught all the same. The same memory may be mapped several times and then has the
/// same address each time: hence counts, and not a set.
/// </summary>
/// <remarks>Not thread-safe: its owner locks.</remarks>
internal sealed class GrantedRanges
{
    private readonly List<GrantedRange> _ranges = [];

    public void Grant(Extent extent, DmaDirection direction) => Change(extent, direction, 1);

    /// <summary>Takes back a grant that was given with the same extent and direction.</summary>
    public void Withdraw(Extent extent, DmaDirection direction) => Change(extent, direction, -1);

    public bool TryFind(ulong address, out GrantedRange range)
    {
        int index = FirstEndingAfter(address);
        if (index < _ranges.Count && _ranges[index].Addresses.Start <= address)
        {
            range = _ranges[index];
            return true;
        }

        range = default;
        return false;
    }

    private void Change(Extent extent, DmaDirection direction, int difference)
    {
        int readers = direction.Permits(DmaAccess.Read) ? difference : 0;
        int writers = direction.Permits(DmaAccess.Write) ? difference : 0;
        SplitAt(extent.Start);
        SplitAt(extent.End);
        int first = FirstEndingAfter(extent.Start);
        int behind = first;
        List<GrantedRange> changed = [];
        ulong at = extent.Start;
        while (at < extent.End)
        {
            bool granted = behind < _ranges.Count && _ranges[behind].Addresses.Start == at;
            GrantedRange range = granted
                ? _ranges[behind++]
                : new GrantedRange(new Extent(at, behind < _ranges.Count ? Math.Min(extent.End, _ranges[behind].Addresses.Start) : extent.End), 0, 0);
            at = range.Addresses.End;
            range = range with { Readers = range.Readers + readers, Writers = range.Writers + writers };
            if (!range.IsEmpty)
            {
                changed.Add(range);
            }
        }

        _ranges.RemoveRange(first, behind - first);
        _ranges.InsertRange(first, changed);
        JoinBetween(Math.Max(0, first - 1), Math.Min(_ranges.Count - 1, first + changed.Count));
    }

    private void SplitAt(ulong address)
    {
        int index = FirstEndingAfter(address);
        if (index < _ranges.Count && _ranges[index].Addresses.Start < address)
        {
            GrantedRange range = _ranges[index];
            _ranges[index] = range with { Addresses = range.Addresses with { End = address } };
            _ranges.Insert(index + 1, range with { Addresses = range.Addresses with { Start = address } });
        }
    }

    private void JoinBetween(int first, int last)
    {
        for (int index = last; index > first; index--)
        {
            GrantedRange previous = _ranges[index - 1];
            if (previous.Joins(_ranges[index]))
            {
                _ranges[index - 1] = previous with { Addresses = previous.Addresses with { End = _ranges[index].Addresses.End } };
                _ranges.RemoveAt(index);
            }
        }
    }

    private int FirstEndingAfter(ulong address)
    {
        int low = 0;
        int high = _ranges.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_ranges[middle].Addresses.End > address)
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
