namespace DmaBuf.Machine;

/// <summary>Where RAM is wanted: near whom, and how high at most (the node and zone that an allocation in the kernel asks for).</summary>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record RamPlacement
{
    /// <summary>The highest number that a NUMA node can have.</summary>
    public const int LastNumaNode = 1023;

    /// <summary>Anywhere: the lowest address that fits.</summary>
    public static RamPlacement Anywhere { get; } = new();

    /// <summary>Below 4 GiB (<c>GFP_DMA32</c>): what a device without an IOMMU that forms 32 address bits reaches on a bus without an offset.</summary>
    public static RamPlacement Below4GiB { get; } = new() { LastAddress = new PhysicalAddress(uint.MaxValue) };

    /// <summary>
    /// The node that is tried first, 0 to <see cref="LastNumaNode"/>; then those above it in ascending order, then those below it, as the kernel orders nodes
    /// that are equally far away. Null: none is preferred.
    /// </summary>
    /// <exception cref="DmaBufException">EINVAL: no node can have the number.</exception>
    public int? NumaNode
    {
        get;
        init => field = value is null ? null : RequireNumaNode(value.Value, "RAM cannot be placed");
    }

    /// <summary>True: no other node is tried (<c>__GFP_THISNODE</c>). Of no effect without a node.</summary>
    public bool IsNumaNodeRequired { get; init; }

    /// <summary>The last byte lies at or below it.</summary>
    public PhysicalAddress LastAddress { get; init; } = new(ulong.MaxValue);

    /// <summary>The place for a person.</summary>
    public override string ToString()
    {
        string node = NumaNode is null ? "on any node" : IsNumaNodeRequired ? $"on node {NumaNode} alone" : $"on node {NumaNode} or another";
        return LastAddress.Value == ulong.MaxValue ? node : $"{node} up to {LastAddress}";
    }

    /// <summary>The order in which nodes are tried: the lower the earlier.</summary>
    internal int RankOf(int numaNode) => NumaNode is { } preferred ? (numaNode - preferred) & LastNumaNode : 0;

    internal bool Excludes(int numaNode) => IsNumaNodeRequired && NumaNode is { } required && numaNode != required;

    /// <summary>Refuses a number that no node can have.</summary>
    /// <param name="numaNode">The number.</param>
    /// <param name="what">What was tried, as the beginning of a sentence.</param>
    /// <exception cref="DmaBufException">EINVAL.</exception>
    internal static int RequireNumaNode(int numaNode, string what) => numaNode is >= 0 and <= LastNumaNode
        ? numaNode
        : throw new DmaBufException(Errno.EINVAL, $"{what} on NUMA node {numaNode}: nodes have the numbers 0 to {LastNumaNode}.");
}
