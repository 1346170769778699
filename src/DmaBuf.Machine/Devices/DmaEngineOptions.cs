namespace DmaBuf.Machine;

/// <summary>How a DMA engine reaches memory.</summary>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record DmaEngineOptions
{
    /// <summary>
    /// The name of the IOMMU that it is behind; null: none, its DMA addresses are physical addresses plus its bus's offset.
    /// </summary>
    public string? Iommu { get; init; }

    /// <summary>The highest DMA address that it can form (<c>dma_mask</c>).</summary>
    public DmaAddress LastAddress { get; init; } = new(ulong.MaxValue);
}
