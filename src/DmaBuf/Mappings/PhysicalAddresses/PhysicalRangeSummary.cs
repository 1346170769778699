using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace DmaBuf;

/// <summary>
/// What one branch-free pass over physical ranges tells about all of them. It can prove that the usual list is sound; a list that it
/// cannot prove is looked at range by range, so that the error names the culprit.
/// </summary>
internal readonly struct PhysicalRangeSummary
{
    private PhysicalRangeSummary(int count, ulong startBits, ulong lengthBits, ulong totalLength, bool hasEmptyRange)
    {
        Count = count;
        StartBits = startBits;
        LengthBits = lengthBits;
        TotalLength = totalLength;
        HasEmptyRange = hasEmptyRange;
    }

    /// <summary>The number of ranges.</summary>
    internal int Count { get; }

    /// <summary>All start addresses or-ed together.</summary>
    internal ulong StartBits { get; }

    /// <summary>All lengths or-ed together.</summary>
    internal ulong LengthBits { get; }

    /// <summary>The sum of the lengths modulo 2^64; exact if <see cref="ProvesSound"/>.</summary>
    internal ulong TotalLength { get; }

    /// <summary>True if a range has length zero.</summary>
    internal bool HasEmptyRange { get; }

    /// <summary>One pass over the ranges.</summary>
    internal static PhysicalRangeSummary Of(ReadOnlySpan<PhysicalRange> ranges)
    {
        // A range is two 64-bit lanes, start and length, so a 256-bit vector holds two ranges.
        ReadOnlySpan<Vector256<ulong>> pairs = MemoryMarshal.Cast<PhysicalRange, Vector256<ulong>>(ranges);
        Vector256<ulong> bits = Vector256<ulong>.Zero;
        Vector256<ulong> sums = Vector256<ulong>.Zero;
        Vector256<ulong> zeros = Vector256<ulong>.Zero;
        foreach (Vector256<ulong> pair in pairs)
        {
            bits |= pair;
            sums += pair;
            zeros |= Vector256.Equals(pair, Vector256<ulong>.Zero);
        }

        ulong startBits = bits[0] | bits[2];
        ulong lengthBits = bits[1] | bits[3];
        ulong total = sums[1] + sums[3];
        bool hasEmpty = (zeros[1] | zeros[3]) != 0;
        if ((ranges.Length & 1) != 0)
        {
            PhysicalRange last = ranges[^1];
            startBits |= last.Start.Value;
            lengthBits |= last.Length;
            total += last.Length;
            hasEmpty |= last.Length == 0;
        }

        return new PhysicalRangeSummary(ranges.Length, startBits, lengthBits, total, hasEmpty);
    }

    /// <summary>
    /// True only if no range is empty, all are aligned to <paramref name="pageSize"/>, none ends above 2^<paramref name="addressWidth"/> and the
    /// sum does not wrap. False means "not proved", for example with addresses in the upper half of the space.
    /// </summary>
    internal bool ProvesSound(ulong pageSize, int addressWidth)
    {
        ulong bits = StartBits | LengthBits;
        return Count > 0 && !HasEmptyRange && (bits & (pageSize - 1)) == 0
            && bits >> (addressWidth - 1) == 0
            && BitOperations.LeadingZeroCount(LengthBits) >= 32 - BitOperations.LeadingZeroCount((uint)Count);
    }
}
