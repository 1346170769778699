namespace DmaBuf.Tests.Mappings.Conversion;

/// <summary>An I/O page table that holds single pages, writes down its calls and can fail its n-th map.</summary>
internal sealed class FakeIommuDomain(int failingMap = 0) : IIommuDomain
{
    private int _maps;

    public string Name => "domain0";

    public ulong PageSize { get; init; } = 0x1000;

    internal Dictionary<ulong, PhysicalAddress> Pages { get; } = [];

    internal List<DmaRange> Unmaps { get; } = [];

    internal HashSet<(DmaDirection Direction, DmaAttributes Attributes)> Used { get; } = [];

    public void Map(DmaAddress address, PhysicalRange range, DmaDirection direction, DmaAttributes attributes)
    {
        if (++_maps == failingMap)
            throw new DmaBufException(Errno.ENOMEM, $"map {_maps} fails by order of the test");
        Used.Add((direction, attributes));
        for (ulong offset = 0; offset < range.Length; offset += PageSize)
            Pages.Add(address.Value + offset, new PhysicalAddress(range.Start.Value + offset));
    }

    public void Unmap(DmaRange range)
    {
        Unmaps.Add(range);
        for (ulong offset = 0; offset < range.Length; offset += PageSize)
            Assert.True(Pages.Remove(range.Start.Value + offset), $"{range} covers a page that is not mapped");
    }
}
