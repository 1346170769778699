using System.Numerics;

namespace DmaBuf.Machine;

/// <summary>
/// Hands out the machine's RAM in whole pages of 4096 bytes: contiguous, as a contiguous-memory heap does, or scattered, as a page
/// allocator of a machine that has run for a while does. Fresh pages read as zero. No run crosses a hole between RAM, or the border between
/// two NUMA nodes.
/// </summary>
/// <remarks>Safe for calls from several threads. What was allocated belongs to the caller until <see cref="Free"/>.</remarks>
public sealed class RamAllocator
{
    private readonly Lock _lock = new();
    private readonly PhysicalMemory _memory;
    private readonly RamBlocks _blocks;
    private ulong _total;

    internal RamAllocator(PhysicalMemory memory, IEnumerable<PhysicalRegion> regions)
    {
        _memory = memory;
        _blocks = new RamBlocks(regions);
        _total = _blocks.FreeBytesOf(null);
        NumaNodes = _blocks.NumaNodes;
    }

    /// <summary>The nodes that have RAM, in ascending order.</summary>
    public IReadOnlyList<int> NumaNodes { get; }

    /// <summary>Bytes that are allocated now.</summary>
    public ulong AllocatedBytes
    {
        get
        {
            lock (_lock)
            {
                return _total - _blocks.FreeBytesOf(null);
            }
        }
    }

    /// <summary>Bytes of one node that are free now.</summary>
    /// <param name="numaNode">The node; one without RAM has none.</param>
    public ulong FreeBytesOf(int numaNode)
    {
        lock (_lock)
        {
            return _blocks.FreeBytesOf(numaNode);
        }
    }

    /// <summary>Allocates one run of pages at the lowest address that fits.</summary>
    /// <param name="length">Bytes; a multiple of 4096, not zero.</param>
    /// <param name="alignment">The start is a multiple of it; a power of two of at least 4096.</param>
    /// <returns>The run, zeroed; give it back with <see cref="Free"/>.</returns>
    /// <exception cref="DmaBufException">EINVAL: length or alignment; ENOMEM: no such run is free.</exception>
    public PhysicalRange AllocateContiguous(ulong length, ulong alignment = MachinePage.Size) =>
        AllocateContiguous(length, alignment, RamPlacement.Anywhere);

    /// <summary>Allocates one run of pages at the lowest address of the first node that has it (<c>alloc_contig_pages</c>).</summary>
    /// <param name="length">Bytes; a multiple of 4096, not zero.</param>
    /// <param name="alignment">The start is a multiple of it; a power of two of at least 4096.</param>
    /// <param name="placement">Where it is wanted.</param>
    /// <returns>The run, zeroed; give it back with <see cref="Free"/>.</returns>
    /// <exception cref="DmaBufException">EINVAL: length or alignment; ENOMEM: no such run is free there.</exception>
    public PhysicalRange AllocateContiguous(ulong length, ulong alignment, RamPlacement placement)
    {
        ArgumentNullException.ThrowIfNull(placement);
        RequirePages(length, nameof(length));
        RequirePages(alignment, nameof(alignment));
        if (!BitOperations.IsPow2(alignment))
        {
            throw new DmaBufException(
                Errno.EINVAL,
                $"RAM cannot be allocated at multiples of 0x{alignment:x}: an alignment is a power of two.");
        }

        lock (_lock)
        {
            return _blocks.TryTake(length, alignment, placement, out ulong start)
                ? new PhysicalRange(new PhysicalAddress(start), length)
                : throw OutOfMemory(length, placement);
        }
    }

    /// <summary>
    /// Allocates pages in runs that do not lie next to each other nor in ascending order, as far as free memory permits, so that whatever
    /// swaps or joins entries of a table moves the wrong bytes.
    /// </summary>
    /// <param name="length">Bytes in all; a multiple of 4096, not zero.</param>
    /// <param name="runLength">Bytes in one run; a multiple of 4096, not zero. Some runs may be shorter.</param>
    /// <returns>The runs in buffer order, zeroed; give them back with <see cref="Free"/>.</returns>
    /// <exception cref="DmaBufException">EINVAL: a length; ENOMEM: less than that is free.</exception>
    public PhysicalRange[] AllocateScattered(ulong length, ulong runLength = MachinePage.Size) =>
        AllocateScattered(length, runLength, RamPlacement.Anywhere);

    /// <summary>The same with a wish for the place: what the first node cannot give comes from the next one.</summary>
    /// <param name="length">Bytes in all; a multiple of 4096, not zero.</param>
    /// <param name="runLength">Bytes in one run; a multiple of 4096, not zero. Some runs may be shorter.</param>
    /// <param name="placement">Where they are wanted.</param>
    /// <returns>The runs in buffer order, zeroed; give them back with <see cref="Free"/>.</returns>
    /// <exception cref="DmaBufException">EINVAL: a length; ENOMEM: less than that is free there.</exception>
    public PhysicalRange[] AllocateScattered(ulong length, ulong runLength, RamPlacement placement)
    {
        ArgumentNullException.ThrowIfNull(placement);
        RequirePages(length, nameof(length));
        RequirePages(runLength, nameof(runLength));
        List<Extent> pieces = [];
        lock (_lock)
        {
            if (!_blocks.TryTakePieces(length, runLength, MachinePage.Size, placement, pieces))
            {
                throw OutOfMemory(length, placement);
            }
        }

        PhysicalRange[] runs = [.. pieces.Select(piece => new PhysicalRange(new PhysicalAddress(piece.Start), piece.Length))];
        for (int index = 0; index + 1 < runs.Length; index += 2)
        {
            (runs[index], runs[index + 1]) = (runs[index + 1], runs[index]);
        }

        return runs;
    }

    /// <summary>Takes the lowest run for good, before anybody else allocates: it counts as no RAM any more. Null: there is none.</summary>
    internal PhysicalRange? TrySetAside(ulong length)
    {
        lock (_lock)
        {
            if (!_blocks.TryTake(length, MachinePage.Size, RamPlacement.Anywhere, out ulong start))
            {
                return null;
            }

            _total -= length;
            return new PhysicalRange(new PhysicalAddress(start), length);
        }
    }

    /// <summary>Gives pages back; their contents are forgotten. All or nothing.</summary>
    /// <param name="ranges">Whole allocated pages, from any allocations and in any order.</param>
    /// <exception cref="DmaBufException">EINVAL: a range is not whole pages of RAM, is not allocated or is named twice; nothing was
    /// freed.</exception>
    public void Free(params ReadOnlySpan<PhysicalRange> ranges)
    {
        Extent[] extents = new Extent[ranges.Length];
        for (int index = 0; index < ranges.Length; index++)
        {
            extents[index] = RequireRam(ranges[index]);
        }

        extents.AsSpan().Sort((left, right) => left.Start.CompareTo(right.Start));
        lock (_lock)
        {
            for (int index = 0; index < extents.Length; index++)
            {
                if (_blocks.Intersects(extents[index]) || (index > 0 && extents[index].Overlaps(extents[index - 1])))
                {
                    throw new DmaBufException(
                        Errno.EINVAL,
                        $"RAM at 0x{extents[index].Start:x}, length 0x{extents[index].Length:x}, cannot be freed: a part of it is free " +
                        "already. Free each page once.");
                }
            }

            // Forgotten before anybody else can be given the pages.
            foreach (Extent extent in extents)
            {
                _memory.Discard(new PhysicalRange(new PhysicalAddress(extent.Start), extent.Length));
            }

            _blocks.Give(extents);
        }
    }

    private static void RequirePages(ulong bytes, string what)
    {
        if (bytes == 0 || !MachinePage.IsAligned(bytes))
        {
            throw new DmaBufException(
                Errno.EINVAL,
                $"RAM cannot be allocated with {what} {bytes}: it must be a multiple of {MachinePage.Size} and not zero.");
        }
    }

    private Extent RequireRam(PhysicalRange range)
    {
        if (MachinePage.AreWhole(range.Start.Value, range.Length))
        {
            Extent extent = new(range.Start.Value, range.Start.Value + range.Length);
            if (_blocks.IsRam(extent))
            {
                return extent;
            }
        }

        throw new DmaBufException(Errno.EINVAL, $"{range} cannot be freed: it is not a run of whole pages of this machine's RAM.");
    }

    private static DmaBufException OutOfMemory(ulong length, RamPlacement placement) =>
        new(Errno.ENOMEM,
            $"0x{length:x} bytes of RAM could not be allocated {placement}: not enough is free there. Free some, ask for another place, or " +
            "give the machine more RAM.");
}
