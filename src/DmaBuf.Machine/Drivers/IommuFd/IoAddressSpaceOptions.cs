namespace DmaBuf.Machine;

/// <summary>What an <see cref="IoAddressSpace"/> is told when it is made.</summary>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record IoAddressSpaceOptions
{
    /// <summary>Options that choose nothing.</summary>
    public static IoAddressSpaceOptions Default { get; } = new();

    /// <summary>Whether neighbouring pages are mapped together, so that a domain may use large pages; false maps each 4096-byte page by itself.</summary>
    public bool HugePages { get; init; } = true;

    /// <summary>How many runs of pages a batch holds; at least 1. Only speed depends on it.</summary>
    /// <exception cref="DmaBufException">EINVAL: less than 1.</exception>
    public int BatchCapacity
    {
        get;
        init => field = value >= 1
            ? value
            : throw new DmaBufException(Errno.EINVAL, $"A batch of {value} runs was refused: it needs room for one at least.");
    } = 170;
}
