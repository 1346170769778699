namespace DmaBuf.Machine;

/// <summary>
/// A scatter/gather list as a device takes it: runs of DMA addresses in the order of the bytes (<c>struct scatterlist</c>). A copy: it stays what it is when the mapping
/// that it was taken of ends, and whoever uses it then faults.
/// </summary>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed class DmaRangeList
{
    private readonly DmaRange[] _ranges;

    /// <summary>Makes a list.</summary>
    /// <param name="ranges">At least one; of any alignment, none empty, none wrapping. Copied.</param>
    /// <exception cref="DmaBufException">EINVAL: no range, or an empty one; EOVERFLOW: a range or the sum of the lengths wraps.</exception>
    public DmaRangeList(params ReadOnlySpan<DmaRange> ranges)
    {
        if (ranges.IsEmpty)
        {
            throw new DmaBufException(Errno.EINVAL, "A list of DMA ranges was refused: it has no range. Name at least one.");
        }

        foreach (DmaRange range in ranges)
        {
            if (range.Length == 0)
            {
                throw new DmaBufException(Errno.EINVAL, $"A list of DMA ranges was refused: {range} is empty. Leave it out.");
            }

            if (range.Length - 1 > ulong.MaxValue - range.Start.Value || range.Length > ulong.MaxValue - Length)
            {
                throw new DmaBufException(Errno.EOVERFLOW, $"A list of DMA ranges was refused: with {range} an address or the sum of the lengths exceeds 64 bits.");
            }

            Length += range.Length;
        }

        _ranges = ranges.ToArray();
    }

    /// <summary>The sum of the lengths in bytes.</summary>
    public ulong Length { get; }

    /// <summary>The runs, in the order of the bytes.</summary>
    public ReadOnlySpan<DmaRange> Ranges => _ranges;

    /// <summary>Copies a mapping's table, as a driver does that programs its device.</summary>
    /// <param name="mapping">The mapping; keep it until the device is done.</param>
    /// <exception cref="DmaBufException">ENODEV: revoked.</exception>
    /// <exception cref="ObjectDisposedException">Unmapped.</exception>
    public static DmaRangeList Of(ScatterGatherMapping mapping)
    {
        ArgumentNullException.ThrowIfNull(mapping);
        using ScatterGatherLease lease = mapping.ReadTable();
        return Of(lease.Entries);
    }

    /// <summary>A part of the bytes.</summary>
    /// <param name="offset">The first byte, counted from the start of the list.</param>
    /// <param name="length">Bytes, not zero.</param>
    /// <exception cref="DmaBufException">EINVAL: not inside, or empty.</exception>
    public DmaRangeList Slice(ulong offset, ulong length)
    {
        if (length == 0 || offset > Length || length > Length - offset)
        {
            throw new DmaBufException(Errno.EINVAL, $"0x{length:x} bytes at 0x{offset:x} cannot be taken of {this}. Stay inside, and take at least one byte.");
        }

        List<DmaRange> part = [];
        foreach (DmaRange range in _ranges)
        {
            if (offset >= range.Length)
            {
                offset -= range.Length;
                continue;
            }

            ulong taken = Math.Min(length, range.Length - offset);
            part.Add(new DmaRange(new DmaAddress(range.Start.Value + offset), taken));
            offset = 0;
            length -= taken;
            if (length == 0)
            {
                break;
            }
        }

        return new DmaRangeList([.. part]);
    }

    /// <summary>How many ranges and bytes.</summary>
    public override string ToString() => $"{_ranges.Length} ranges of 0x{Length:x} bytes";

    /// <summary>Copies the entries of a table, as an exporter does that has built one for its own device.</summary>
    /// <param name="entries">In the order of the bytes; copied.</param>
    public static DmaRangeList Of(ReadOnlySpan<ScatterGatherEntry> entries)
    {
        DmaRange[] ranges = new DmaRange[entries.Length];
        for (int index = 0; index < ranges.Length; index++)
        {
            ranges[index] = new DmaRange(entries[index].Address, entries[index].Length);
        }

        return new DmaRangeList(ranges);
    }
}
