using System.Numerics;

namespace DmaBuf;

/// <summary>
/// What one entry of a table may look like for a device whose engine takes short segments, or none across certain addresses
/// (<c>struct device_dma_parameters</c>: <c>dma_set_max_seg_size</c>, <c>dma_set_seg_boundary</c>).
/// </summary>
/// <remarks>
/// Entries stay page aligned: a maximum that is not a multiple of 4096 acts as the next lower one. The tables of <see cref="ScatterGatherTableBuilder"/> obey by
/// being cut; a table that an exporter made itself is checked when it is mapped. Immutable, safe for all threads.
/// </remarks>
public sealed record DmaSegmentLimits
{
    /// <summary>Makes limits.</summary>
    /// <param name="maximumLength">The most bytes in one entry; at least 4096.</param>
    /// <param name="boundaryMask">
    /// A power of two less one, at least 4095: no entry lies on both sides of a multiple of that power. All ones: no such addresses.
    /// </param>
    /// <exception cref="DmaBufException">EINVAL: shorter than a page, or a mask of another form.</exception>
    public DmaSegmentLimits(uint maximumLength, ulong boundaryMask = ulong.MaxValue)
    {
        if (maximumLength < MemoryPage.Size)
        {
            throw new DmaBufException(
                Errno.EINVAL, $"Segments of at most {maximumLength} bytes are not possible: entries are whole pages of 0x{MemoryPage.Size:x} bytes. Permit at least one.");
        }

        if (boundaryMask < MemoryPage.Size - 1 || (boundaryMask != ulong.MaxValue && !BitOperations.IsPow2(boundaryMask + 1)))
        {
            throw new DmaBufException(
                Errno.EINVAL, $"Segments cannot be kept inside the mask 0x{boundaryMask:x}: it must be a power of two less one, and at least 0x{MemoryPage.Size - 1:x}.");
        }

        MaximumLength = maximumLength;
        BoundaryMask = boundaryMask;
    }

    /// <summary>No limits but those of every table.</summary>
    public static DmaSegmentLimits None { get; } = new(uint.MaxValue);

    /// <summary>The most bytes in one entry (<c>max_segment_size</c>).</summary>
    public uint MaximumLength { get; }

    /// <summary>The address bits that may change within one entry (<c>segment_boundary_mask</c>).</summary>
    public ulong BoundaryMask { get; }

    /// <summary>True if a table without limits obeys them.</summary>
    internal bool AreNone => MaximumLength == uint.MaxValue && BoundaryMask == ulong.MaxValue;

    private uint LargestPiece => Math.Min(MaximumLength & ~(uint)(MemoryPage.Size - 1), ScatterGatherTable.MaximumEntryLength);

    /// <summary>The limits for a person.</summary>
    public override string ToString() => AreNone
        ? "no segment limits"
        : $"segments of at most 0x{MaximumLength:x} bytes{(BoundaryMask == ulong.MaxValue ? string.Empty : $", none across a multiple of 0x{BoundaryMask:x} + 1")}";

    /// <summary>The first piece of what is left of a run, in bytes; not zero.</summary>
    internal uint PieceAt(ulong address, ulong remaining)
    {
        // Less one on both sides, so that neither the whole address space nor the whole of a window overflows.
        ulong last = Math.Min(Math.Min(remaining, LargestPiece) - 1, BoundaryMask - (address & BoundaryMask));
        return (uint)last + 1;
    }

    /// <summary>The number of pieces that a run is cut into, without walking along it.</summary>
    internal ulong CountPieces(ulong address, ulong length)
    {
        if (BoundaryMask == ulong.MaxValue)
        {
            return PiecesIn(length);
        }

        ulong window = BoundaryMask + 1;
        ulong head = Math.Min(length, window - (address & BoundaryMask));
        ulong rest = length - head;
        return PiecesIn(head) + (rest / window * PiecesIn(window)) + PiecesIn(rest % window);
    }

    /// <summary>True if an entry obeys.</summary>
    internal bool Permit(ScatterGatherEntry entry)
        => entry.Length <= MaximumLength && entry.Length - 1 <= BoundaryMask - (entry.Address.Value & BoundaryMask);

    private ulong PiecesIn(ulong length) => (length / LargestPiece) + (length % LargestPiece == 0 ? 0UL : 1UL);
}
