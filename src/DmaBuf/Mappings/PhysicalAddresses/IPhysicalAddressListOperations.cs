namespace DmaBuf;

/// <summary>The exporter's operations for <see cref="PhysicalAddressListMappingType"/> (<c>struct dma_buf_mapping_pal_exp_ops</c>). There is no direction.</summary>
/// <remarks>
/// The core checks every list before anybody sees it; the addresses are good between map and unmap only.
/// Threads: called with the reservation lock held, by one thread at a time for a buffer and side by side for several.
/// </remarks>
public interface IPhysicalAddressListOperations
{
    /// <summary>Makes the list of the buffer's ranges. Called with the reservation lock held.</summary>
    /// <param name="attachment">The attachment that maps; of this type, or of one that a converter serves from the list.</param>
    /// <param name="held">The proof that the lock is held.</param>
    /// <returns>A fresh list each time: handing one out twice is refused with EINVAL, and does not take it back twice.</returns>
    /// <exception cref="DmaBufException">The exporter's errno; nothing is mapped.</exception>
    PhysicalAddressList? MapPhysicalAddressList(Attachment attachment, in ReservationLock held);

    /// <summary>Takes a list back. Called with the reservation lock held, once a list. Must not throw.</summary>
    void UnmapPhysicalAddressList(Attachment attachment, PhysicalAddressList list, in ReservationLock held);
}
