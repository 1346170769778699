using System.Numerics;

namespace DmaBuf.Machine;

/// <summary>
/// Where areas may lie: ranges that hardware reserves are never used, ranges that the owner allows limit the automatic choice alone, and an automatic address is
/// never zero (<c>iopt_alloc_iova</c>). What is allowed is a promise: it is never reserved later.
/// </summary>
/// <remarks>Not thread-safe: the address space locks.</remarks>
internal sealed class IovaRules
{
    private readonly List<DmaRange> _reserved = [];
    private List<DmaRange> _allowed = [];

    internal static ulong LastOf(DmaRange range) => range.Start.Value + (range.Length - 1);

    internal void Reserve(DmaRange range) => _reserved.Add(range);

    internal void Allow(IEnumerable<DmaRange> ranges) => _allowed = [.. ranges.OrderBy(static range => range.Start)];

    internal bool IsAllowedByName(DmaRange range) => _allowed.Exists(one => Overlap(one, range));

    internal static bool Overlap(DmaRange one, DmaRange other) => one.Start.Value <= LastOf(other) && other.Start.Value <= LastOf(one);

    internal bool IsReserved(ulong start, ulong last, out ulong blockerLast)
    {
        foreach (DmaRange range in _reserved)
        {
            if (range.Start.Value <= last && start <= LastOf(range))
            {
                blockerLast = LastOf(range);
                return true;
            }
        }

        blockerLast = 0;
        return false;
    }

    /// <summary>The alignment that keeps as much of the source's as a large page may need.</summary>
    internal static ulong AlignmentFor(ulong length, ulong source)
    {
        ulong whole = length > 1UL << 63 ? 1UL << 63 : BitOperations.RoundUpToPowerOf2(length);
        return source == 0 ? whole : Math.Min(whole, source & (~source + 1));
    }

    /// <summary>The lowest address that fits; false: there is none.</summary>
    internal bool TryFind(IoAreaTree areas, ulong length, ulong alignment, out ulong start)
    {
        foreach (DmaRange window in _allowed.Count == 0 ? [new DmaRange(new DmaAddress(0), ulong.MaxValue)] : _allowed)
        {
            if (TryFindIn(window, areas, length, alignment, out start))
            {
                return true;
            }
        }

        start = 0;
        return false;
    }

    private bool TryFindIn(DmaRange window, IoAreaTree areas, ulong length, ulong alignment, out ulong start)
    {
        start = Math.Max(window.Start.Value, 1);
        ulong windowLast = LastOf(window);
        while (true)
        {
            ulong aligned = (start + (alignment - 1)) & ~(alignment - 1);
            if (aligned < start || aligned > windowLast || length - 1 > windowLast - aligned)
            {
                return false;
            }

            start = aligned;
            ulong last = start + (length - 1);
            if (!IsReserved(start, last, out ulong blocker) && areas.IsFree(start, last, out blocker))
            {
                return true;
            }

            if (blocker == ulong.MaxValue)
            {
                return false;
            }

            start = blocker + 1;
        }
    }
}
