namespace DmaBuf.Tests.Mappings.ScatterGather;

/// <summary>The slow way to cut runs for a device with segment limits: page by page, an entry grows for as long as it may.</summary>
internal static class SegmentReference
{
    internal static ScatterGatherEntry[] Cut(IEnumerable<DmaRange> runs, DmaSegmentLimits limits)
    {
        List<ScatterGatherEntry> entries = [];
        foreach (DmaRange run in runs)
        {
            ulong start = run.Start.Value;
            ulong length = 0;
            for (ulong done = 0; done < run.Length; done += TableTopology.Page)
            {
                ulong page = run.Start.Value + done;
                ulong grown = length + TableTopology.Page;
                bool crosses = limits.BoundaryMask != ulong.MaxValue && start / (limits.BoundaryMask + 1) != page / (limits.BoundaryMask + 1);
                if (length != 0 && (grown > limits.MaximumLength || crosses))
                {
                    entries.Add(TableTopology.Entry(start, length));
                    start = page;
                    length = 0;
                }

                length += TableTopology.Page;
            }

            entries.Add(TableTopology.Entry(start, length));
        }

        return [.. entries];
    }
}
