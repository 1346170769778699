namespace DmaBuf.Machine;

/// <summary>
/// RAM of one node without a hole in it, and what of it is free. No allocation reaches from one block into the next, so none crosses a hole or a node.
/// </summary>
/// <remarks>Not thread-safe: the allocator locks.</remarks>
internal sealed class RamBlock(PhysicalRegion region)
{
    public Extent Extent { get; } = new(region.Start, region.End);

    /// <summary>The node that the RAM is of.</summary>
    public int NumaNode { get; } = region.NumaNode!.Value;

    public FreeSpace Free { get; } = new([new Extent(region.Start, region.End)]);

    public bool Contains(Extent extent) => extent.Start >= Extent.Start && extent.End <= Extent.End;

    /// <summary>The ranges in ascending order; those of one node that touch become one.</summary>
    public static List<(PhysicalRange Range, int NumaNode)> Merge(IEnumerable<(PhysicalRange Range, int NumaNode)> ranges)
    {
        List<(PhysicalRange Range, int NumaNode)> merged = [];
        foreach ((PhysicalRange range, int node) in ranges.OrderBy(ram => ram.Range.Start))
        {
            if (merged.Count != 0 && merged[^1].NumaNode == node && merged[^1].Range.Start.Value + merged[^1].Range.Length == range.Start.Value)
            {
                PhysicalRange before = merged[^1].Range;
                merged[^1] = (before with { Length = before.Length + range.Length }, node);
            }
            else
            {
                merged.Add((range, node));
            }
        }

        return merged;
    }
}
