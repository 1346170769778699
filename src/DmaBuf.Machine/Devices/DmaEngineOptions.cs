namespace DmaBuf.Machine;

/// <summary>How a DMA engine reaches memory.</summary>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record DmaEngineOptions
{
    /// <summary>
    /// The name of the IOMMU that it is behind; null: none, its DMA addresses are physical addresses plus its bus's offset.
    /// </summary>
    public string? Iommu { get; init; }

    /// <summary>
    /// The NUMA node that a platform engine is near to, 0 to <see cref="RamPlacement.LastNumaNode"/>; null: none. A PCI function is near to its host
    /// bridge's node, and must not say another.
    /// </summary>
    /// <exception cref="DmaBufException">EINVAL: no node can have the number.</exception>
    public int? NumaNode
    {
        get;
        init => field = value is null ? null : RamPlacement.RequireNumaNode(value.Value, "A DMA engine cannot be put");
    }

    /// <summary>How long the entries of its tables may be and which addresses they may not cross; none unless set.</summary>
    public DmaSegmentLimits SegmentLimits { get; init; } = DmaSegmentLimits.None;

    /// <summary>
    /// The highest DMA address that it can form, device and bus together (<c>bus_dma_limit</c>). Without an IOMMU, what lies higher is bounced if the machine has a
    /// pool (<see cref="SoftwareMachineBuilder.AddBouncePool"/>), and cannot be mapped if not.
    /// </summary>
    public DmaAddress LastAddress { get; init; } = new(ulong.MaxValue);
}
