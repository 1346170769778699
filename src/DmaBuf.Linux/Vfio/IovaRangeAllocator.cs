using System.Numerics;

namespace DmaBuf.Linux;

/// <summary>Hands out I/O virtual addresses of the ranges that an IOMMU says are valid, lowest first, never address zero.</summary>
/// <remarks>
/// Knows nothing of what is mapped: who maps at addresses of its own choice reserves them here first. Cost grows with the number of runs handed out, which is small where a process maps whole buffers; the
/// software machine's allocator is made for drivers that map page by page. Safe for all threads.
/// </remarks>
public sealed class IovaRangeAllocator
{
    private readonly Lock _gate = new();
    private readonly (ulong First, ulong Last)[] _valid;
    private readonly SortedList<ulong, ulong> _taken = []; // first byte → last byte
    private readonly ulong _page;

    /// <summary>Makes an allocator of which everything is free.</summary>
    /// <param name="limits">What the IOMMU says.</param>
    /// <param name="last">The last byte that the devices can address; null: all that the IOMMU can map.</param>
    /// <exception cref="DmaBufException">EINVAL: nothing is left to hand out.</exception>
    public IovaRangeAllocator(IovaLimits limits, DmaAddress? last = null)
    {
        ArgumentNullException.ThrowIfNull(limits);
        _page = limits.SmallestPage;
        ulong highest = last?.Value ?? ulong.MaxValue;
        _valid =
        [
            .. limits.Ranges.Where(static range => range.Length != 0)
                .Select(range => (First: Math.Max(range.Start.Value, _page), Last: Math.Min(range.Start.Value + (range.Length - 1), highest))).Where(static range => range.First < range.Last)
                .OrderBy(static range => range.First),
        ];
        if (_valid.Length == 0)
        {
            throw new DmaBufException(Errno.EINVAL, $"I/O virtual addresses up to 0x{highest:x} cannot be handed out: none of the IOMMU's valid ranges lies there. Raise the limit.");
        }
    }

    /// <summary>Takes the lowest free run, aligned to its length rounded up to a power of two as far as a huge page goes, so that large IOMMU pages fit.</summary>
    /// <param name="length">Bytes; a multiple of the IOMMU's smallest page.</param>
    /// <returns>The run; give it back with <see cref="Free"/>.</returns>
    /// <exception cref="DmaBufException">EINVAL: no such length; ENOSPC: no such run is free.</exception>
    public DmaRange Allocate(ulong length)
    {
        RequireWhole(length, "Allocating");
        ulong alignment = Math.Max(_page, Math.Min(BitOperations.RoundUpToPowerOf2(length), 2UL << 20));
        lock (_gate)
        {
            foreach ((ulong first, ulong last) in _valid)
            {
                if (TryPlace(first, last, length, alignment, out ulong start))
                {
                    _taken.Add(start, start + (length - 1));
                    return new DmaRange(new DmaAddress(start), length);
                }
            }
        }

        throw new DmaBufException(Errno.ENOSPC, $"Allocating 0x{length:x} bytes of I/O virtual addresses failed: no free run is that long. Free some, or raise the limit.");
    }

    /// <summary>Takes a run at a given address.</summary>
    /// <param name="range">The run; give it back with <see cref="Free"/>.</param>
    /// <exception cref="DmaBufException">EINVAL: unaligned or outside the valid ranges; EEXIST: a part of it is handed out.</exception>
    public void Reserve(DmaRange range)
    {
        RequireWhole(range.Length, "Reserving");
        ulong start = range.Start.Value;
        ulong last = start + (range.Length - 1);
        if (start % _page != 0 || last < start || !Array.Exists(_valid, valid => valid.First <= start && last <= valid.Last))
        {
            throw new DmaBufException(Errno.EINVAL, $"Reserving I/O virtual addresses {range} was refused: they are unaligned or not valid for this IOMMU and its devices. Choose others.");
        }

        lock (_gate)
        {
            foreach ((ulong first, ulong end) in _taken)
            {
                if (first <= last && start <= end)
                {
                    throw new DmaBufException(Errno.EEXIST, $"Reserving I/O virtual addresses {range} was refused: 0x{first:x} to 0x{end:x} is handed out. Free it first.");
                }
            }

            _taken.Add(start, last);
        }
    }

    /// <summary>Gives a run back.</summary>
    /// <param name="range">Exactly what was handed out.</param>
    /// <exception cref="DmaBufException">EINVAL: no such run is handed out; nothing has changed.</exception>
    public void Free(DmaRange range)
    {
        lock (_gate)
        {
            if (range.Length != 0 && _taken.TryGetValue(range.Start.Value, out ulong last) && last - range.Start.Value == range.Length - 1)
            {
                _taken.Remove(range.Start.Value);
                return;
            }
        }

        throw new DmaBufException(Errno.EINVAL, $"I/O virtual addresses {range} cannot be freed: no such run is handed out. Free what was allocated, once.");
    }

    private void RequireWhole(ulong length, string tried)
    {
        if (length == 0 || length % _page != 0 || length > 1UL << 62)
        {
            throw new DmaBufException(Errno.EINVAL, $"{tried} 0x{length:x} bytes of I/O virtual addresses was refused: whole pages of 0x{_page:x} bytes are needed.");
        }
    }

    /// <summary>Runs are sorted, so each that is met moves the start behind itself.</summary>
    private bool TryPlace(ulong first, ulong last, ulong length, ulong alignment, out ulong start)
    {
        start = AlignUp(first, alignment);
        foreach ((ulong takenFirst, ulong takenLast) in _taken)
        {
            if (takenFirst > last || start < first || start > last || takenFirst > start + (length - 1))
            {
                break;
            }

            if (takenLast >= start)
            {
                start = AlignUp(takenLast + 1, alignment);
            }
        }

        return start >= first && start <= last && length - 1 <= last - start;
    }

    /// <summary>Wraps to zero at the end, which lies below every valid range.</summary>
    private static ulong AlignUp(ulong value, ulong alignment) => (value + (alignment - 1)) & ~(alignment - 1);
}
