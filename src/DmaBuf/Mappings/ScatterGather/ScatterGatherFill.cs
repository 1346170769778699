using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace DmaBuf;

/// <summary>
/// Writes runs of addresses into the entries of a table, cutting those that are longer than <see cref="ScatterGatherTable.MaximumEntryLength"/>.
/// </summary>
/// <remarks>
/// A run and an entry are both 16 bytes, and a page-aligned length below 2^32 is never cut. So the usual list, in which all lengths have their upper half
/// clear, is filled by a copy that adds the bus offset to every other 64-bit lane: the entry's length is the lane's lower half. That needs a little-endian
/// machine; elsewhere, and for long runs, the loop that cuts does the work.
/// </remarks>
internal static class ScatterGatherFill
{
    private const ulong Piece = ScatterGatherTable.MaximumEntryLength;
    private const int RunsPerVector = 4;

    /// <summary>The number of entries that the ranges need. The ranges are sound.</summary>
    internal static ulong CountEntries(ReadOnlySpan<PhysicalRange> ranges, in PhysicalRangeSummary summary)
    {
        if (summary.LengthBits <= uint.MaxValue)
            return (ulong)ranges.Length;
        ulong count = 0;
        foreach (PhysicalRange range in ranges)
            count += CountPieces(range.Length);
        return count;
    }

    /// <summary>The number of entries that one run needs.</summary>
    internal static ulong CountPieces(ulong length) => ((length - 1) / Piece) + 1;

    /// <summary>Fills <paramref name="entries"/>, which are exactly as many as counted, with the ranges moved by <paramref name="offset"/>.</summary>
    /// <returns>The or of all addresses written, or all ones where entries were cut: an address space wrap is excluded while its top bit is clear.</returns>
    internal static ulong FromRanges(ReadOnlySpan<PhysicalRange> ranges, Span<ScatterGatherEntry> entries, ulong offset)
    {
        return Fill(AddressRun.Of(ranges), entries, offset);
    }

    /// <summary>The same for runs that already are DMA addresses.</summary>
    internal static void FromRanges(ReadOnlySpan<DmaRange> ranges, Span<ScatterGatherEntry> entries)
    {
        Fill(AddressRun.Of(ranges), entries, 0);
    }

    /// <summary>Fills the entries with the pieces of one run.</summary>
    internal static void FromRun(DmaAddress start, ulong length, Span<ScatterGatherEntry> entries)
    {
        FillCutting([new AddressRun(start.Value, length)], entries, 0);
    }

    private static ulong Fill(ReadOnlySpan<AddressRun> runs, Span<ScatterGatherEntry> entries, ulong offset)
    {
        // As many entries as runs means that none is cut, because each run needs at least one.
        if (BitConverter.IsLittleEndian && Unsafe.SizeOf<ScatterGatherEntry>() == Unsafe.SizeOf<AddressRun>() && entries.Length == runs.Length)
            return FillWhole(runs, entries, offset);
        FillCutting(runs, entries, offset);
        return ulong.MaxValue;
    }

    private static ulong FillWhole(ReadOnlySpan<AddressRun> runs, Span<ScatterGatherEntry> entries, ulong offset)
    {
        ReadOnlySpan<Vector512<ulong>> source = MemoryMarshal.Cast<AddressRun, Vector512<ulong>>(runs);
        Span<Vector512<ulong>> target = MemoryMarshal.Cast<ScatterGatherEntry, Vector512<ulong>>(entries)[..source.Length];
        var offsets = Vector512.Create(offset, 0, offset, 0, offset, 0, offset, 0);
        Vector512<ulong> bits = Vector512<ulong>.Zero;
        for (int index = 0; index < source.Length; index++)
        {
            Vector512<ulong> moved = source[index] + offsets;
            bits |= moved;
            target[index] = moved;
        }

        ulong addressBits = bits[0] | bits[2] | bits[4] | bits[6];
        for (int index = source.Length * RunsPerVector; index < runs.Length; index++)
        {
            ulong address = runs[index].Start + offset;
            entries[index] = new ScatterGatherEntry(new DmaAddress(address), (uint)runs[index].Length);
            addressBits |= address;
        }

        return addressBits;
    }

    private static void FillCutting(ReadOnlySpan<AddressRun> runs, Span<ScatterGatherEntry> entries, ulong offset)
    {
        int next = 0;
        foreach (AddressRun run in runs)
        {
            ulong address = run.Start + offset;
            ulong remaining = run.Length;
            for (; remaining > Piece; remaining -= Piece, address += Piece)
                entries[next++] = new ScatterGatherEntry(new DmaAddress(address), (uint)Piece);
            entries[next++] = new ScatterGatherEntry(new DmaAddress(address), (uint)remaining);
        }
    }
}
