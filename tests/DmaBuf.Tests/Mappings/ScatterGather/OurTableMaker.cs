namespace DmaBuf.Tests.Mappings.ScatterGather;

/// <summary>The product.</summary>
internal sealed class OurTableMaker : ITableMaker
{
    public (ScatterGatherEntry[] Entries, Action Release) Make(IDmaDevice device, PeerToPeerProvider provider, PhysicalRange[] ranges)
    {
        ScatterGatherBacking backing = TableTopology.Build(device, provider, ranges);
        return (backing.Table.Entries.ToArray(), backing.Release);
    }
}
