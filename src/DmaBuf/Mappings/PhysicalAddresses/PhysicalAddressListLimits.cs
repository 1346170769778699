using System.Numerics;

namespace DmaBuf;

/// <summary>What the core accepts in a <see cref="PhysicalAddressList"/>, apart from the rules that hold everywhere. Immutable.</summary>
public sealed record PhysicalAddressListLimits
{
    /// <summary>65536 entries, 4 KiB pages, 52 address bits, overlaps allowed.</summary>
    public static PhysicalAddressListLimits Default { get; } = new();

    /// <summary>The largest number of entries; more is E2BIG. At least 1.</summary>
    /// <exception cref="DmaBufException">EINVAL: less than 1.</exception>
    public int MaximumEntries
    {
        get;
        init => field = value >= 1 ? value : throw Refused(nameof(MaximumEntries), value, "at least 1");
    } = 65536;

    /// <summary>The machine's page in bytes: starts and lengths are multiples of it. A power of two.</summary>
    /// <exception cref="DmaBufException">EINVAL: not a power of two.</exception>
    public ulong PageSize
    {
        get;
        init => field = BitOperations.IsPow2(value) ? value : throw Refused(nameof(PageSize), value, "a power of two");
    } = MemoryPage.Size;

    /// <summary>The number of physical address bits that the machine has, 1 to 64: no entry ends above 2 to this power.</summary>
    /// <exception cref="DmaBufException">EINVAL: not within 1 to 64.</exception>
    public int PhysicalAddressWidth
    {
        get;
        init => field = value is >= 1 and <= 64 ? value : throw Refused(nameof(PhysicalAddressWidth), value, "1 to 64");
    } = 52;

    /// <summary>True: refuse lists whose entries overlap each other. Costs a sort.</summary>
    public bool RejectOverlaps { get; init; }

    private static DmaBufException Refused<T>(string property, T value, string permitted)
    {
        return new DmaBufException(Errno.EINVAL, $"{nameof(PhysicalAddressListLimits)}.{property} is {value}, but must be {permitted}.");
    }
}
