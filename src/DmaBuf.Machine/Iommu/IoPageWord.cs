namespace DmaBuf.Machine;

/// <summary>
/// One word of an I/O page table. Zero: nothing. A leaf: the physical address of a page, whose low bits say what is permitted. A branch: the
/// next table stands in the same slot of <see cref="IoTable.Children"/>.
/// </summary>
/// <remarks>The smallest page has 2048 bytes, so that 11 bits are free below every address.</remarks>
internal static class IoPageWord
{
    public const ulong Leaf = 1;
    public const ulong Branch = 2;
    public const ulong Readable = 4;
    public const ulong Writable = 8;
    public const ulong DeviceMemory = 16;

    private const ulong FlagMask = 0x7FF;

    public static ulong FlagsOf(DmaDirection direction, DmaAttributes attributes) =>
        Leaf
        | (direction.Permits(DmaAccess.Read) ? Readable : 0)
        | (direction.Permits(DmaAccess.Write) ? Writable : 0)
        | (attributes == DmaAttributes.Mmio ? DeviceMemory : 0);

    public static ulong PhysicalOf(ulong word) => word & ~FlagMask;

    public static bool Permits(ulong word, DmaAccess access) => (word & (access == DmaAccess.Read ? Readable : Writable)) != 0;

    public static DmaAttributes AttributesOf(ulong word) => (word & DeviceMemory) != 0 ? DmaAttributes.Mmio : DmaAttributes.None;

    public static DmaDirection DirectionOf(ulong word) => (word & (Readable | Writable)) switch
    {
        Readable => DmaDirection.ToDevice,
        Writable => DmaDirection.FromDevice,
        _ => DmaDirection.Bidirectional,
    };
}
