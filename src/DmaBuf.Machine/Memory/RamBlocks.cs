using System.Runtime.InteropServices;

namespace DmaBuf.Machine;

/// <summary>All RAM of a machine, block by block in ascending order, and which block is tried first for whom.</summary>
/// <remarks>Not thread-safe: the allocator locks.</remarks>
internal sealed class RamBlocks
{
    private readonly RamBlock[] _blocks;

    public RamBlocks(IEnumerable<PhysicalRegion> regions)
    {
        _blocks = [.. regions.Select(region => new RamBlock(region)).OrderBy(block => block.Extent.Start)];
        NumaNodes = [.. _blocks.Select(block => block.NumaNode).Distinct().Order()];
    }

    /// <summary>The nodes that have RAM, in ascending order.</summary>
    public IReadOnlyList<int> NumaNodes { get; }

    /// <summary>Free bytes of one node; null: of all.</summary>
    public ulong FreeBytesOf(int? numaNode) =>
        _blocks.Aggregate(0UL, (sum, block) => numaNode is null || block.NumaNode == numaNode ? sum + block.Free.FreeBytes : sum);

    /// <summary>True if all of the extent lies in one block.</summary>
    public bool IsRam(Extent extent) => Array.Exists(_blocks, block => block.Contains(extent));

    /// <summary>True if any of the extent, which is RAM, is free.</summary>
    public bool Intersects(Extent extent) => Array.Find(_blocks, block => block.Contains(extent))!.Free.Intersects(extent);

    /// <summary>Takes one run from the first block that has it.</summary>
    public bool TryTake(ulong length, ulong alignment, RamPlacement placement, out ulong start)
    {
        foreach (RamBlock block in InOrderFor(placement))
        {
            if (block.Free.TryTake(length, alignment, placement.LastAddress.Value, out start))
            {
                return true;
            }
        }

        start = 0;
        return false;
    }

    /// <summary>
    /// Takes pieces of at most <paramref name="piece"/> bytes with a gap behind each; where a node has no room for gaps, its pages are taken as they come
    /// before another node is asked. All or nothing.
    /// </summary>
    public bool TryTakePieces(ulong length, ulong piece, ulong gap, RamPlacement placement, List<Extent> pieces)
    {
        foreach (IGrouping<int, RamBlock> equal in InOrderFor(placement).GroupBy(block => placement.RankOf(block.NumaNode)))
        {
            ReadOnlySpan<ulong> gaps = [gap, 0];
            foreach (ulong wanted in gaps)
            {
                foreach (RamBlock block in equal)
                {
                    length = block.Free.TakePieces(length, piece, wanted, placement.LastAddress.Value, pieces);
                }
            }

            if (length == 0)
            {
                return true;
            }
        }

        pieces.Sort((left, right) => left.Start.CompareTo(right.Start));
        Give(CollectionsMarshal.AsSpan(pieces));
        pieces.Clear();
        return false;
    }

    /// <summary>Gives extents back, in ascending order, each to its block: the caller has checked that they were taken.</summary>
    public void Give(ReadOnlySpan<Extent> extents)
    {
        foreach (RamBlock block in _blocks)
        {
            int count = 0;
            while (count < extents.Length && block.Contains(extents[count]))
            {
                count++;
            }

            block.Free.Give(extents[..count]);
            extents = extents[count..];
        }
    }

    /// <summary>By node as the placement wants it, then by address, which is the order of the blocks themselves.</summary>
    private IEnumerable<RamBlock> InOrderFor(RamPlacement placement) => placement.NumaNode is null
        ? _blocks
        : _blocks.Where(block => !placement.Excludes(block.NumaNode)).OrderBy(block => placement.RankOf(block.NumaNode));
}
