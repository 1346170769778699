namespace DmaBuf.Tests.Defects.Mutants;

/// <summary>Where an exporter's lists come from; counts those that are out and those that come back without having gone out from here.</summary>
internal sealed class ListPool
{
    private readonly HashSet<PhysicalAddressList> _live = [];

    internal int Live => _live.Count;

    internal int Strays { get; private set; }

    internal PhysicalAddressList Allocate(ReadOnlySpan<PhysicalRange> ranges)
    {
        PhysicalAddressList list = PhysicalAddressList.Create(ranges, PhysicalMemoryKind.Ram);
        _live.Add(list);
        return list;
    }

    internal void Free(PhysicalAddressList list) => Strays += _live.Remove(list) ? 0 : 1;
}
