namespace DmaBuf;

/// <summary>
/// Operations that install a buffer in an importer's I/O page table. Exporters rarely write them: the converter of physical address list
/// offers does it for all of them, so that page-table rollback stands in one place.
/// </summary>
/// <remarks>Threads: called with the reservation lock held, by one thread at a time for a buffer and side by side for several.</remarks>
public interface IIommuDomainOperations
{
    /// <summary>Maps the whole buffer at consecutive addresses. Called with the reservation lock held; a failure leaves nothing mapped.</summary>
    /// <param name="attachment">The attachment that maps.</param>
    /// <param name="address">Where the first byte goes.</param>
    /// <param name="direction">Which accesses the devices of the domain may make.</param>
    /// <param name="held">The proof that the lock is held.</param>
    /// <returns>What <see cref="UnmapIommuDomain"/> needs to undo it; null if nothing.</returns>
    /// <exception cref="DmaBufException">EEXIST: something is mapped there; ENOMEM; EINVAL: not aligned.</exception>
    object? MapIommuDomain(IommuDomainAttachment attachment, DmaAddress address, DmaDirection direction, in ReservationLock held);

    /// <summary>Removes the buffer's translations. Called with the reservation lock held. Must not throw.</summary>
    void UnmapIommuDomain(IommuDomainAttachment attachment, DmaAddress address, object? state, in ReservationLock held);
}
