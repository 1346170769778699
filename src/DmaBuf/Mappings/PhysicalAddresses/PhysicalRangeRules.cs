namespace DmaBuf;

/// <summary>
/// The rules that every sequence of physical ranges obeys before the core uses it, shared by tables and physical address lists. The errno of each is
/// that of the kernel's row for it.
/// </summary>
internal static class PhysicalRangeRules
{
    /// <summary>The address width that excludes nothing.</summary>
    internal const int AnyAddressWidth = 64;

    /// <summary>Throws unless the ranges are sound and sum to <paramref name="size"/>. Linear; changes nothing.</summary>
    /// <param name="ranges">The ranges, in the order of the buffer's bytes.</param>
    /// <param name="size">What the lengths must sum to, in bytes.</param>
    /// <param name="pageSize">A power of two; starts and lengths are multiples of it.</param>
    /// <param name="addressWidth">1 to 64: no range ends above 2 to this power.</param>
    /// <param name="subject">Who is spoken of, for the error, for example "Physical address list".</param>
    /// <returns>The summary of ranges now known to be sound.</returns>
    /// <exception cref="DmaBufException">EINVAL: none, empty, not aligned, too high, another sum; EOVERFLOW: an end or the sum wraps.</exception>
    internal static PhysicalRangeSummary Require(
        ReadOnlySpan<PhysicalRange> ranges, ulong size, ulong pageSize, int addressWidth, string subject)
    {
        if (ranges.IsEmpty)
            throw new DmaBufException(Errno.EINVAL, $"{subject}: there is no entry for a buffer of {size} bytes; give at least one.");
        PhysicalRangeSummary summary = PhysicalRangeSummary.Of(ranges);
        if (!summary.ProvesSound(pageSize, addressWidth))
            RequireOneByOne(ranges, pageSize, addressWidth, subject);
        if (summary.TotalLength != size)
        {
            throw new DmaBufException(
                Errno.EINVAL,
                $"{subject}: the lengths of {ranges.Length} entries sum to 0x{summary.TotalLength:x}, but the buffer has 0x{size:x} bytes; both must be equal.");
        }

        return summary;
    }

    private static void RequireOneByOne(ReadOnlySpan<PhysicalRange> ranges, ulong pageSize, int addressWidth, string subject)
    {
        ulong highestLast = ulong.MaxValue >> (AnyAddressWidth - addressWidth);
        ulong total = 0;
        for (int index = 0; index < ranges.Length; index++)
        {
            PhysicalRange range = ranges[index];
            RequireRange(range, index, pageSize, highestLast, subject);
            if (total + range.Length < total)
            {
                throw new DmaBufException(
                    Errno.EOVERFLOW, $"{subject}: adding entry {index} {range} to the 0x{total:x} bytes before it wraps 64 bits; shorten the entries.");
            }

            total += range.Length;
        }
    }

    private static void RequireRange(PhysicalRange range, int index, ulong pageSize, ulong highestLast, string subject)
    {
        if (range.Length == 0)
            throw new DmaBufException(Errno.EINVAL, $"{subject}: entry {index} {range} has length zero; leave it out.");
        if (((range.Start.Value | range.Length) & (pageSize - 1)) != 0)
        {
            throw new DmaBufException(
                Errno.EINVAL, $"{subject}: entry {index} {range} is not aligned; start and length must be multiples of 0x{pageSize:x}.");
        }

        if (range.Start.Value + range.Length < range.Start.Value)
            throw new DmaBufException(Errno.EOVERFLOW, $"{subject}: the end of entry {index} {range} wraps 64 bits.");
        if (range.Start.Value + (range.Length - 1) > highestLast)
        {
            throw new DmaBufException(
                Errno.EINVAL, $"{subject}: entry {index} {range} lies above 0x{highestLast:x}, the last physical address of this machine.");
        }
    }
}
