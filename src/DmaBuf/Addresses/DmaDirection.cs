namespace DmaBuf;

/// <summary>Which way a transfer goes (<c>enum dma_data_direction</c>). The kernel's NONE cannot be expressed; other values are refused with EINVAL.</summary>
public enum DmaDirection
{
    /// <summary>The device reads and writes (<c>DMA_BIDIRECTIONAL</c>).</summary>
    Bidirectional = 0,

    /// <summary>The device reads; for the CPU: it has written (<c>DMA_TO_DEVICE</c>).</summary>
    ToDevice = 1,

    /// <summary>The device writes; for the CPU: it will read (<c>DMA_FROM_DEVICE</c>).</summary>
    FromDevice = 2,
}
