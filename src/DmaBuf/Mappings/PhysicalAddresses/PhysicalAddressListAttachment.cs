namespace DmaBuf;

/// <summary>An attachment whose importer may see physical addresses.</summary>
/// <remarks>Safe for all threads. See <see cref="Attachment"/> for locks and life.</remarks>
public sealed class PhysicalAddressListAttachment : Attachment
{
    private readonly PhysicalAddressListOffer _agreed;
    private readonly PhysicalAddressAccess _access;

    internal PhysicalAddressListAttachment(in FinishContext context, PhysicalAddressListOffer offer, PhysicalAddressAccess access)
        : base(in context)
    {
        _agreed = offer;
        _access = access;
    }

    /// <summary>What the lists hold.</summary>
    public PhysicalMemoryKind Kind => _agreed.Kind;

    /// <summary>Cooperative: addresses that the importer has seen can only be given up by the importer.</summary>
    public override Revocability Revocability => Revocability.Cooperative;

    internal PhysicalAddressListSource Source => _agreed.Source;

    /// <summary>Maps: the exporter's list, checked. Called without the reservation lock.</summary>
    /// <param name="cancellationToken">Ends waiting for the lock and for memory that is still moving.</param>
    /// <returns>The mapping with the list; dispose it to unmap, after every page table entry made of it is gone.</returns>
    /// <exception cref="DmaBufException">
    /// EPERM: the permission was revoked; EINVAL, EOVERFLOW, E2BIG: the list breaks a rule, named with its entry; ENODEV: revoked; else the exporter's errno.
    /// </exception>
    /// <exception cref="ObjectDisposedException">Detached.</exception>
    public PhysicalAddressListMapping MapPhysicalAddressList(CancellationToken cancellationToken = default) => Map(this, MapHeld, cancellationToken);

    /// <summary>The same with the lock held by the caller (<c>dma_buf_pal_map_phys</c>).</summary>
    /// <inheritdoc cref="MapPhysicalAddressList"/>
    public PhysicalAddressListMapping MapPhysicalAddressListLocked(in ReservationLock held) => MapLocked(in held, this, MapHeld);

    /// <summary>Unmaps; a second time, or another attachment's mapping, is EINVAL. Called without the lock.</summary>
    public void UnmapPhysicalAddressList(PhysicalAddressListMapping mapping) => Unmap(mapping);

    /// <summary>The same with the lock held by the caller (<c>dma_buf_pal_unmap_phys</c>).</summary>
    public void UnmapPhysicalAddressListLocked(in ReservationLock held, PhysicalAddressListMapping mapping) => UnmapLocked(in held, mapping);

    private static PhysicalAddressListMapping MapHeld(in MapTicket ticket, PhysicalAddressListAttachment attachment)
    {
        attachment._access.ThrowIfNotLive();
        PhysicalAddressList list = attachment.Source.Take(attachment, ticket.Held);
        return new PhysicalAddressListMapping(in ticket, list, attachment.CostBound);
    }
}
