using System.Numerics;

namespace DmaBuf.Machine;

/// <summary>One interval of an I/O address space, and the part of a pages object that shows there (<c>struct iopt_area</c>).</summary>
/// <remarks>Immutable but for <see cref="Pages"/>, which the address space's lock guards: null while the import is under way, so that the interval is taken and not usable.</remarks>
internal sealed class IoArea(ulong start, ulong length, ulong byteOffset, IoMapOptions permissions)
{
    /// <summary>The first I/O virtual address.</summary>
    internal ulong Start => start;

    /// <summary>The last one, inclusive.</summary>
    internal ulong Last => start + length - 1;

    internal ulong Length => length;

    /// <summary>The area's first byte, counted from the first byte of the pages object; it may lie in the middle of a page.</summary>
    internal ulong ByteOffset => byteOffset;

    internal IoMapOptions Permissions => permissions;

    internal IoPages? Pages { get; set; }

    internal ulong FirstPage => byteOffset / PageFrameBatch.PageSize;

    internal ulong LastPage => (byteOffset + length - 1) / PageFrameBatch.PageSize;

    internal DmaDirection Direction => permissions switch
    {
        IoMapOptions.Readable => DmaDirection.ToDevice,
        IoMapOptions.Writeable => DmaDirection.FromDevice,
        _ => DmaDirection.Bidirectional,
    };

    /// <summary>Whether every boundary of the area is one of pages of this size.</summary>
    internal bool IsAlignedTo(ulong pageSize)
    {
        return BitOperations.IsPow2(pageSize) && ((start | length | byteOffset) & (pageSize - 1)) == 0;
    }
}
