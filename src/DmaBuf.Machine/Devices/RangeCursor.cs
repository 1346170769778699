namespace DmaBuf.Machine;

/// <summary>A place in a list of ranges, which moves forward.</summary>
/// <remarks>A mutable value; used by one thread.</remarks>
internal struct RangeCursor(DmaRangeList list)
{
    private int _index;
    private ulong _offset;

    /// <summary>The address of the next byte; behind the last one, the address where the last range ends.</summary>
    public readonly DmaAddress Position => _index < list.Ranges.Length
        ? new DmaAddress(list.Ranges[_index].Start.Value + _offset)
        : new DmaAddress(unchecked(list.Ranges[^1].Start.Value + list.Ranges[^1].Length));

    /// <summary>So many of the wanted bytes lie in the present range.</summary>
    public readonly int Limit(int wanted) => (int)Math.Min((ulong)wanted, list.Ranges[_index].Length - _offset);

    public void Advance(int count)
    {
        _offset += (ulong)count;
        if (_offset == list.Ranges[_index].Length)
        {
            _index++;
            _offset = 0;
        }
    }
}
