namespace DmaBuf;

/// <summary>
/// A contiguous block of I/O virtual addresses into which physical ranges are linked one after the other (<c>dma_iova_state</c>).
/// </summary>
/// <remarks>Owned by one mapping; calls are made by one thread at a time.</remarks>
public interface IIovaReservation
{
    /// <summary>The block's first address.</summary>
    DmaAddress Start { get; }

    /// <summary>The block's length in bytes.</summary>
    ulong Length { get; }

    /// <summary>Links a range at an offset of the block (<c>dma_iova_link</c>). Not visible to the device before <see cref="Synchronize"/>.</summary>
    /// <exception cref="DmaBufException">ENOMEM: no page table; EINVAL: outside the block or already linked.</exception>
    void Link(ulong offset, PhysicalRange range, DmaDirection direction, DmaAttributes attributes);

    /// <summary>Makes the first <paramref name="length"/> bytes visible to the device (<c>dma_iova_sync</c>).</summary>
    /// <exception cref="DmaBufException">EIO, ENOMEM: the IOMMU did not take it.</exception>
    void Synchronize(ulong length);

    /// <summary>
    /// Unlinks the first <paramref name="linkedLength"/> bytes and gives the whole block back (<c>dma_iova_destroy</c>, or
    /// <c>dma_iova_free</c> if nothing was linked). Never throws; called exactly once.
    /// </summary>
    void Release(ulong linkedLength, DmaDirection direction, DmaAttributes attributes);
}
