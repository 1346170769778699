namespace DmaBuf.Machine;

/// <summary>A physical range linked into a reservation, and how much of it the device sees already.</summary>
internal sealed class LinkedRange(ulong offset, PhysicalRange range, DmaDirection direction, DmaAttributes attributes)
{
    public Extent Offsets { get; } = new(offset, offset + range.Length);

    public DmaDirection Direction => direction;

    public DmaAttributes Attributes => attributes;

    /// <summary>The offset behind the last byte that the device sees.</summary>
    public ulong VisibleEnd { get; set; } = offset;

    /// <summary>The physical memory behind a part of the link.</summary>
    public PhysicalRange PartOf(Extent offsets) =>
        new(new PhysicalAddress(range.Start.Value + (offsets.Start - Offsets.Start)), offsets.Length);
}
