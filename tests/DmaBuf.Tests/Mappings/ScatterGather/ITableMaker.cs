namespace DmaBuf.Tests.Mappings.ScatterGather;

/// <summary>Something that makes a table of physical ranges: ours, or a mutant with the defects of the series as first posted.</summary>
internal interface ITableMaker
{
    /// <summary>Makes a table, mapped for the device to read.</summary>
    /// <returns>The entries, and what gives the mapping back.</returns>
    (ScatterGatherEntry[] Entries, Action Release) Make(IDmaDevice device, PeerToPeerProvider provider, PhysicalRange[] ranges);
}
