namespace DmaBuf;

/// <summary>An attachment whose importer owns an I/O page table.</summary>
/// <remarks>Safe for all threads. See <see cref="Attachment"/> for locks and life. The importer keeps its domain alive until it has detached.</remarks>
public sealed class IommuDomainAttachment : Attachment
{
    internal IommuDomainAttachment(in FinishContext context, IIommuDomainOperations operations, IIommuDomain domain)
        : base(in context)
    {
        Operations = operations;
        Domain = domain;
    }

    /// <summary>The importer's I/O page table.</summary>
    public IIommuDomain Domain { get; }

    /// <inheritdoc/>
    public override Revocability Revocability => Revocability.Enforced;

    internal IIommuDomainOperations Operations { get; }

    /// <summary>Installs the whole buffer at consecutive addresses of the domain. Called without the reservation lock.</summary>
    /// <param name="address">Where the first byte goes; a multiple of the domain's page.</param>
    /// <param name="direction">Which accesses the devices of the domain may make.</param>
    /// <param name="cancellationToken">Ends waiting for the lock and for memory that is still moving.</param>
    /// <returns>The mapping; dispose it to remove the translations.</returns>
    /// <exception cref="DmaBufException">
    /// EINVAL: not aligned, or no such direction; EOVERFLOW: the end wraps; EEXIST: something is mapped there; ENODEV: revoked; else the exporter's errno.
    /// </exception>
    /// <exception cref="ObjectDisposedException">Detached.</exception>
    public IommuDomainMapping MapIommuDomain(DmaAddress address, DmaDirection direction, CancellationToken cancellationToken = default)
    {
        ThrowIfUnusable(address, direction);
        return Map((this, address, direction), MapHeld, cancellationToken);
    }

    /// <summary>The same with the lock held by the caller.</summary>
    /// <inheritdoc cref="MapIommuDomain"/>
    public IommuDomainMapping MapIommuDomainLocked(in ReservationLock held, DmaAddress address, DmaDirection direction)
    {
        ThrowIfUnusable(address, direction);
        return MapLocked(in held, (this, address, direction), MapHeld);
    }

    /// <summary>Unmaps; a second time, or another attachment's mapping, is EINVAL. Called without the lock.</summary>
    public void UnmapIommuDomain(IommuDomainMapping mapping) => Unmap(mapping);

    /// <summary>The same with the lock held by the caller.</summary>
    public void UnmapIommuDomainLocked(in ReservationLock held, IommuDomainMapping mapping) => UnmapLocked(in held, mapping);

    /// <inheritdoc/>
    protected internal override string Describe() => Domain.Name;

    private static IommuDomainMapping MapHeld(
        in MapTicket ticket, (IommuDomainAttachment Attachment, DmaAddress Address, DmaDirection Direction) arguments)
    {
        (IommuDomainAttachment attachment, DmaAddress address, DmaDirection direction) = arguments;
        object? state = attachment.Operations.MapIommuDomain(attachment, address, direction, ticket.Held);
        return new IommuDomainMapping(in ticket, new DmaRange(address, attachment.Buffer.Size), state);
    }

    private void ThrowIfUnusable(DmaAddress address, DmaDirection direction)
    {
        _ = Reservation.ImplicitWaitUsage(direction);
        if (address.Value % Domain.PageSize != 0)
        {
            throw new DmaBufException(
                Errno.EINVAL, $"Mapping '{Buffer}' at {address} of '{Domain.Name}' was refused: its pages have {Domain.PageSize} bytes. Use a multiple.");
        }

        if (address.Value > ulong.MaxValue - Buffer.Size)
        {
            throw new DmaBufException(Errno.EOVERFLOW, $"Mapping '{Buffer}' at {address} of '{Domain.Name}' was refused: {Buffer.Size} bytes from there wrap. Map lower.");
        }
    }
}
