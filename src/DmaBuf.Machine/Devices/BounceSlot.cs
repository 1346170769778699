namespace DmaBuf.Machine;

/// <summary>One bounced mapping: the memory that was to be mapped, and the run of the pool that the device reaches in its place.</summary>
internal readonly record struct BounceSlot(PhysicalRange Original, PhysicalRange Slot)
{
    /// <summary>Copies a part of the original to the slot.</summary>
    public void Fill(PhysicalMemory memory, ulong offset, ulong length) => memory.Copy(At(Original, offset), At(Slot, offset), length);

    /// <summary>Copies a part of the slot to the original.</summary>
    public void Drain(PhysicalMemory memory, ulong offset, ulong length) => memory.Copy(At(Slot, offset), At(Original, offset), length);

    private static PhysicalAddress At(PhysicalRange range, ulong offset) => new(range.Start.Value + offset);
}
