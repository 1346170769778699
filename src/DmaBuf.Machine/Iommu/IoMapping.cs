namespace DmaBuf.Machine;

/// <summary>One run of an I/O page table: where it leads and what it permits.</summary>
internal readonly record struct IoMapping(Extent Addresses, ulong Physical, DmaDirection Direction, DmaAttributes Attributes)
{
    public ulong PhysicalOf(ulong address) => Physical + (address - Addresses.Start);

    /// <summary>The part of the mapping in between two addresses that lie in it.</summary>
    public IoMapping Part(ulong start, ulong end) => this with { Addresses = new Extent(start, end), Physical = PhysicalOf(start) };
}
