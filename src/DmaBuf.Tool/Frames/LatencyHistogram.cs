using System.Numerics;

namespace DmaBuf.Tool;

/// <summary>
/// How long something took, counted in classes that are at most 1/32 of their value wide, so that percentiles of billions of values need no list of them. Written by one thread; others may
/// read meanwhile, and may miss the newest.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int Bits = 5;
    private const int Fine = 1 << Bits;

    private readonly long[] _counts = new long[(64 - Bits + 1) * Fine];

    internal long Count { get; private set; }

    /// <summary>The largest value, exactly.</summary>
    internal long Maximum { get; private set; }

    /// <param name="nanoseconds">Less than zero counts as zero.</param>
    internal void Add(long nanoseconds)
    {
        nanoseconds = Math.Max(0, nanoseconds);
        _counts[IndexOf((ulong)nanoseconds)]++;
        Count++;
        Maximum = Math.Max(Maximum, nanoseconds);
    }

    /// <summary>The value that this share of all values does not exceed: the upper end of its class, at most <see cref="Maximum"/>; 0 if there are no values.</summary>
    /// <param name="share">Above 0, at most 1: 0.5 is the median.</param>
    internal long Percentile(double share)
    {
        long wanted = Math.Max(1, (long)Math.Ceiling(Count * share));
        for (int index = 0; index < _counts.Length; index++)
        {
            wanted -= _counts[index];
            if (wanted <= 0)
            {
                return Math.Min(LastOf(index), Maximum);
            }
        }

        return Maximum;
    }

    private static int IndexOf(ulong value)
    {
        int shift = Math.Max(0, BitOperations.Log2(value | 1) - Bits);
        return (shift * Fine) + (int)(value >> shift);
    }

    /// <summary>The largest value of a class.</summary>
    private static long LastOf(int index)
    {
        int shift = Math.Max(0, (index / Fine) - 1);
        return (long)((((ulong)(index - (shift * Fine)) + 1) << shift) - 1);
    }
}
