using System.Diagnostics;

namespace DmaBuf.Machine;

/// <summary>
/// The translations of one domain as sorted, disjoint runs: a run of any length is one entry, and unmapping a part of it splits it, as an
/// I/O page table splits a large page.
/// </summary>
/// <remarks>Not thread-safe: the domain locks.</remarks>
internal sealed class IoPageTable
{
    private readonly List<IoMapping> _runs = [];

    public ulong MappedBytes { get; private set; }

    /// <summary>Adds a run. False: something is mapped in it, and nothing has changed.</summary>
    public bool TryMap(IoMapping mapping)
    {
        int index = FirstEndingAfter(mapping.Addresses.Start);
        if (index < _runs.Count && _runs[index].Addresses.Start < mapping.Addresses.End)
        {
            return false;
        }

        _runs.Insert(index, mapping);
        MappedBytes += mapping.Addresses.Length;
        return true;
    }

    /// <summary>Removes every translation in an extent; what is not mapped there is skipped.</summary>
    public void Unmap(Extent extent)
    {
        int first = FirstEndingAfter(extent.Start);
        int behind = first;
        while (behind < _runs.Count && _runs[behind].Addresses.Start < extent.End)
        {
            Extent run = _runs[behind].Addresses;
            MappedBytes -= Math.Min(run.End, extent.End) - Math.Max(run.Start, extent.Start);
            behind++;
        }

        if (behind == first)
        {
            return;
        }

        IoMapping head = _runs[first];
        IoMapping tail = _runs[behind - 1];
        _runs.RemoveRange(first, behind - first);
        if (tail.Addresses.End > extent.End)
        {
            _runs.Insert(first, tail.Part(extent.End, tail.Addresses.End));
        }

        if (head.Addresses.Start < extent.Start)
        {
            _runs.Insert(first, head.Part(head.Addresses.Start, extent.Start));
        }

        Debug.Assert(_runs.Count != 0 || MappedBytes == 0, "Nothing is mapped in an empty table.");
    }

    public bool TryFind(ulong address, out IoMapping mapping)
    {
        int index = FirstEndingAfter(address);
        if (index < _runs.Count && _runs[index].Addresses.Start <= address)
        {
            mapping = _runs[index];
            return true;
        }

        mapping = default;
        return false;
    }

    private int FirstEndingAfter(ulong address)
    {
        int low = 0;
        int high = _runs.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_runs[middle].Addresses.End > address)
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
