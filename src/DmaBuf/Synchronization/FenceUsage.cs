namespace DmaBuf;

/// <summary>
/// Who has to wait for a fence (<c>enum dma_resv_usage</c>). The classes are ordered: a query for one class also returns all that stand
/// before it, so that <see cref="Bookkeep"/> asks for every fence and <see cref="Kernel"/> for memory management alone.
/// </summary>
public enum FenceUsage
{
    /// <summary>Memory management: a move or a clear. Everybody waits for it before touching the memory (<c>DMA_RESV_USAGE_KERNEL</c>).</summary>
    Kernel = 0,

    /// <summary>An access that writes: implicit readers and writers wait for it (<c>DMA_RESV_USAGE_WRITE</c>).</summary>
    Write = 1,

    /// <summary>An access that only reads: implicit writers wait for it (<c>DMA_RESV_USAGE_READ</c>).</summary>
    Read = 2,

    /// <summary>No implicit synchronisation: only who moves or revokes the memory waits for it (<c>DMA_RESV_USAGE_BOOKKEEP</c>).</summary>
    Bookkeep = 3,
}
