namespace DmaBuf.Machine;

/// <summary>One piece of the physical address space and the bytes behind it.</summary>
internal sealed class PhysicalRegion(PhysicalRange range, PhysicalMemoryKind kind)
{
    public ulong Start => range.Start.Value;

    /// <summary>The first address behind the region.</summary>
    public ulong End => range.Start.Value + range.Length;

    public PhysicalRange Range => range;

    public PhysicalMemoryKind Kind => kind;

    public SparseBytes Bytes { get; } = new(range.Length);

    public bool Contains(ulong address) => address >= Start && address < End;
}
