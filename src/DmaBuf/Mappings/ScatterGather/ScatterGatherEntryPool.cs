using System.Numerics;

namespace DmaBuf;

/// <summary>
/// Arrays for the entries of tables, reused from unmap to map. Own, rather than <see cref="System.Buffers.ArrayPool{T}.Shared"/>, so that no code
/// outside the core can hold an array that a table reads.
/// </summary>
/// <remarks>
/// Lengths are powers of two. Each thread keeps one array of each small length; the larger ones lie in a few slots that all threads share. What does not
/// fit is left to the collector, so the pool's memory is bounded. Contents are never cleared: a table always overwrites what it exposes.
/// Safe for calls from several threads; takes no lock.
/// </remarks>
internal static class ScatterGatherEntryPool
{
    private const int SmallestLength = 4;
    private const int LargestThreadLength = 4096;
    private const int LargestSharedLength = 65536;
    private const int SharedSlotsPerLength = 4;

    private static readonly int s_sharedBuckets = BucketOf(LargestSharedLength) - BucketOf(LargestThreadLength);
    private static readonly ScatterGatherEntry[]?[] s_shared = new ScatterGatherEntry[]?[s_sharedBuckets * SharedSlotsPerLength];

    [ThreadStatic]
    private static ScatterGatherEntry[]?[]? t_kept;

    /// <summary>An array of at least <paramref name="count"/> elements with any contents; the caller owns it until it returns it.</summary>
    /// <exception cref="DmaBufException">ENOMEM: too many entries for one array, or no memory.</exception>
    internal static ScatterGatherEntry[] Rent(ulong count)
    {
        FaultPoint.Check(FaultSite.TableAllocation);
        if (count > LargestSharedLength)
            return Allocate(count);
        int length = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(count, SmallestLength));
        return TakeKept(length) ?? Allocate((ulong)length);
    }

    /// <summary>Gives an array back. Never throws; the caller must not touch it again.</summary>
    internal static void Return(ScatterGatherEntry[] entries)
    {
        if (entries.Length <= LargestThreadLength)
        {
            ScatterGatherEntry[]?[] kept = t_kept ??= new ScatterGatherEntry[]?[BucketOf(LargestThreadLength) + 1];
            kept[BucketOf(entries.Length)] = entries;
        }
        else if (entries.Length <= LargestSharedLength)
        {
            foreach (ref ScatterGatherEntry[]? slot in SharedSlots(entries.Length))
            {
                if (slot is null && Interlocked.CompareExchange(ref slot, entries, null) is null)
                    return;
            }
        }
    }

    private static ScatterGatherEntry[]? TakeKept(int length)
    {
        if (length <= LargestThreadLength)
        {
            if (t_kept is not { } kept)
                return null;
            ref ScatterGatherEntry[]? slot = ref kept[BucketOf(length)];
            ScatterGatherEntry[]? entries = slot;
            slot = null;
            return entries;
        }

        foreach (ref ScatterGatherEntry[]? slot in SharedSlots(length))
        {
            if (slot is not null && Interlocked.Exchange(ref slot, null) is { } entries)
                return entries;
        }

        return null;
    }

    private static ScatterGatherEntry[] Allocate(ulong count)
    {
        if (count > (ulong)Array.MaxLength)
            throw new DmaBufException(Errno.ENOMEM, $"A scatter/gather table of {count} entries is larger than one array; map the buffer in parts.");
        try
        {
            return GC.AllocateUninitializedArray<ScatterGatherEntry>((int)count);
        }
        catch (OutOfMemoryException exception)
        {
            throw new DmaBufException(Errno.ENOMEM, $"There is no memory for a scatter/gather table of {count} entries.", exception);
        }
    }

    private static Span<ScatterGatherEntry[]?> SharedSlots(int length)
    {
        int bucket = BucketOf(length) - BucketOf(LargestThreadLength) - 1;
        return s_shared.AsSpan(bucket * SharedSlotsPerLength, SharedSlotsPerLength);
    }

    private static int BucketOf(int length) => BitOperations.Log2((uint)length) - BitOperations.Log2(SmallestLength);
}
