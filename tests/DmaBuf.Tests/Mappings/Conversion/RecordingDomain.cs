namespace DmaBuf.Tests.Mappings.Conversion;

/// <summary>An I/O page table that remembers what it maps, and fails where the test says.</summary>
internal sealed class RecordingDomain(ulong pageSize = 4096) : IIommuDomain
{
    private int _maps;

    internal SortedDictionary<ulong, (PhysicalRange Range, DmaAttributes Attributes)> Mapped { get; } = [];

    internal int FailAt { get; set; } = -1;

    public string Name => "domain";

    public ulong PageSize => pageSize;

    public void Map(DmaAddress address, PhysicalRange range, DmaDirection direction, DmaAttributes attributes)
    {
        if (_maps++ == FailAt)
        {
            throw new DmaBufException(Errno.ENOMEM, "No page table.");
        }

        Mapped.Add(address.Value, (range, attributes));
    }

    public void Unmap(DmaRange range)
    {
        foreach (ulong address in Mapped.Keys.Where(address => address >= range.Start.Value && address < range.Start.Value + range.Length).ToArray())
        {
            Mapped.Remove(address);
        }
    }
}
