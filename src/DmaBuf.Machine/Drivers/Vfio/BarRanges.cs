namespace DmaBuf.Machine;

/// <summary>
/// Shows the checks that turn an owner's ranges of a BAR into physical ranges: all of them before anything is made, in the order and with the errno of the
/// VFIO driver, and none that relies on a sum that may have wrapped.
/// </summary>
/// <remarks>Ranges may overlap or repeat: one byte of the BAR is then several bytes of the buffer (D-31).</remarks>
internal static class BarRanges
{
    private const ulong Page = 4096;

    /// <summary>Checks the ranges by themselves and gives the buffer's size.</summary>
    /// <exception cref="DmaBufException">EINVAL: empty, not whole pages, or together 2^63 bytes or more.</exception>
    internal static ulong SizeOf(ReadOnlySpan<BarRange> ranges)
    {
        ulong size = 0;
        foreach (BarRange range in ranges)
        {
            if (range.Length == 0 || ((range.Offset | range.Length) & (Page - 1)) != 0)
            {
                throw Refused(Errno.EINVAL, range, $"offset and length must be multiples of {Page}, the length not zero");
            }

            ulong sum = size + range.Length;
            if (sum < size || sum >> 63 != 0)
            {
                throw Refused(Errno.EINVAL, range, "with it the ranges have 2^63 bytes or more, and the highest bit of a size is reserved");
            }

            size = sum;
        }

        return size;
    }

    /// <summary>Places the ranges in the BAR.</summary>
    /// <exception cref="DmaBufException">EOVERFLOW: an address wraps; EINVAL: beyond the BAR.</exception>
    internal static PhysicalRange[] Place(PciBar bar, ReadOnlySpan<BarRange> ranges)
    {
        PhysicalRange[] placed = new PhysicalRange[ranges.Length];
        for (int index = 0; index < ranges.Length; index++)
        {
            BarRange range = ranges[index];
            ulong start = bar.Range.Start.Value + range.Offset;
            if (start < range.Offset || start + range.Length < start)
            {
                throw Refused(Errno.EOVERFLOW, range, "its physical addresses wrap");
            }

            if (range.Offset + range.Length > bar.Range.Length)
            {
                throw Refused(Errno.EINVAL, range, $"the BAR has 0x{bar.Range.Length:x} bytes");
            }

            placed[index] = new PhysicalRange(new PhysicalAddress(start), range.Length);
        }

        return placed;
    }

    private static DmaBufException Refused(Errno errno, BarRange range, string why) => new(
        errno, $"A buffer of 0x{range.Length:x} bytes at 0x{range.Offset:x} of a BAR was refused: {why}. Choose whole pages inside the BAR.");
}
