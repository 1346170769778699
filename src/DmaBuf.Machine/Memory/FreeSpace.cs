using System.Diagnostics;
using System.Runtime.InteropServices;

namespace DmaBuf.Machine;

/// <summary>
/// What is still free of an address space: extents in ascending order, disjoint and never adjacent. First fit, so that allocation is
/// reproducible and low addresses, which every device reaches, are used first.
/// </summary>
/// <remarks>Not thread-safe: its owner locks.</remarks>
internal sealed class FreeSpace
{
    /// <summary>Up to this many extents are given back one by one; more are merged in one sort, which keeps a large free linear.</summary>
    private const int GiveSingly = 8;

    private readonly List<Extent> _extents;

    public FreeSpace(IEnumerable<Extent> extents)
    {
        _extents = [.. extents];
        SortAndCoalesce();
    }

    public ulong FreeBytes
    {
        get
        {
            ulong sum = 0;
            foreach (Extent extent in _extents)
            {
                sum += extent.Length;
            }

            return sum;
        }
    }

    /// <summary>
    /// Takes the lowest run of a length that starts at a multiple of the alignment and ends at or below <paramref name="last"/>.
    /// </summary>
    public bool TryTake(ulong length, ulong alignment, ulong last, out ulong start)
    {
        start = 0;
        if (length - 1 > last)
        {
            return false;
        }

        for (int index = 0; index < _extents.Count; index++)
        {
            Extent extent = _extents[index];
            ulong slack = (alignment - (extent.Start & (alignment - 1))) & (alignment - 1);
            if (slack > extent.Length || extent.Length - slack < length)
            {
                continue;
            }

            start = extent.Start + slack;
            if (start > last - (length - 1))
            {
                return false;
            }

            Cut(index, new Extent(start, start + length));
            return true;
        }

        return false;
    }

    /// <summary>
    /// Takes pieces of at most <paramref name="piece"/> bytes with a gap behind each, the lowest first, none of which reaches beyond <paramref name="last"/>.
    /// </summary>
    /// <returns>Bytes that there was no room for: zero if all were taken.</returns>
    public ulong TakePieces(ulong length, ulong piece, ulong gap, ulong last, List<Extent> pieces)
    {
        if (length == 0)
        {
            return 0;
        }

        ulong limit = last == ulong.MaxValue ? ulong.MaxValue : (last + 1) & ~(MachinePage.Size - 1);
        List<Extent> rest = new(_extents.Count);
        foreach (Extent extent in _extents)
        {
            ulong at = extent.Start;
            while (length != 0 && at < Math.Min(extent.End, limit))
            {
                ulong count = Math.Min(Math.Min(piece, length), Math.Min(extent.End, limit) - at);
                pieces.Add(new Extent(at, at + count));
                length -= count;
                at += count;
                ulong left = Math.Min(gap, extent.End - at);
                if (left != 0 && length != 0)
                {
                    rest.Add(new Extent(at, at + left));
                    at += left;
                }
            }

            if (at < extent.End)
            {
                rest.Add(new Extent(at, extent.End));
            }
        }

        _extents.Clear();
        _extents.AddRange(rest);
        SortAndCoalesce();
        return length;
    }

    /// <summary>True if any of the extent is free.</summary>
    public bool Intersects(Extent extent)
    {
        int index = FirstEndingAfter(extent.Start);
        return index < _extents.Count && _extents[index].Start < extent.End;
    }

    /// <summary>Gives extents back that are not free: the caller has checked.</summary>
    public void Give(ReadOnlySpan<Extent> extents)
    {
        if (extents.Length > GiveSingly)
        {
            _extents.AddRange(extents);
            SortAndCoalesce();
            return;
        }

        foreach (Extent extent in extents)
        {
            Give(extent);
        }
    }

    private void Give(Extent extent)
    {
        Debug.Assert(!Intersects(extent), "What is given back was taken.");
        int index = FirstEndingAfter(extent.Start);
        bool joinsNext = index < _extents.Count && _extents[index].Start == extent.End;
        bool joinsPrevious = index > 0 && _extents[index - 1].End == extent.Start;
        Extent merged = new(joinsPrevious ? _extents[index - 1].Start : extent.Start, joinsNext ? _extents[index].End : extent.End);
        switch (joinsPrevious, joinsNext)
        {
            case (true, true):
                _extents[index - 1] = merged;
                _extents.RemoveAt(index);
                break;
            case (true, false):
                _extents[index - 1] = merged;
                break;
            case (false, true):
                _extents[index] = merged;
                break;
            default:
                _extents.Insert(index, merged);
                break;
        }
    }

    private void Cut(int index, Extent taken)
    {
        Extent whole = _extents[index];
        Extent before = whole with { End = taken.Start };
        Extent after = whole with { Start = taken.End };
        if (before.Length == 0 && after.Length == 0)
        {
            _extents.RemoveAt(index);
        }
        else if (before.Length == 0 || after.Length == 0)
        {
            _extents[index] = before.Length == 0 ? after : before;
        }
        else
        {
            _extents[index] = before;
            _extents.Insert(index + 1, after);
        }
    }

    private int FirstEndingAfter(ulong address)
    {
        int low = 0;
        int high = _extents.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_extents[middle].End > address)
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

    private void SortAndCoalesce()
    {
        Span<Extent> extents = CollectionsMarshal.AsSpan(_extents);
        extents.Sort((left, right) => left.Start.CompareTo(right.Start));
        int kept = 0;
        for (int index = 1; index < extents.Length; index++)
        {
            if (extents[kept].End == extents[index].Start)
            {
                extents[kept] = extents[kept] with { End = extents[index].End };
            }
            else
            {
                extents[++kept] = extents[index];
            }
        }

        if (extents.Length > 1)
        {
            _extents.RemoveRange(kept + 1, extents.Length - kept - 1);
        }
    }
}
