namespace DmaBuf;

/// <summary>An attachment whose importer is a device that takes a table of DMA addresses.</summary>
/// <remarks>Safe for all threads. See <see cref="Attachment"/> for locks and life.</remarks>
public sealed class ScatterGatherAttachment : Attachment
{
    private readonly PeerToPeerRequirement _requirement;
    private readonly PeerToPeerAcceptance _acceptance;

    internal ScatterGatherAttachment(in FinishContext context, ScatterGatherOffer offer, ScatterGatherRequest request)
        : base(in context)
    {
        Operations = offer.Operations;
        Device = request.Device;
        _requirement = offer.Requirement;
        _acceptance = request.Acceptance;
    }

    /// <summary>The importing device (<c>dma_buf_sgt_dma_device</c>).</summary>
    public IDmaDevice Device { get; }

    /// <summary>
    /// The outcome, not the capability: true exactly if the matched offer required peer-to-peer, so that a path was looked for and found
    /// (<c>dma_buf_sgt_p2p_allowed</c>).
    /// </summary>
    public bool PeerToPeerAllowed => _requirement == PeerToPeerRequirement.RequiresDistance;

    /// <summary>The importer's capability: it takes addresses of a peer's memory, and can be told to let go. Never true of a static importer.</summary>
    public bool ImporterAcceptsPeerToPeer => IsDynamic && _acceptance == PeerToPeerAcceptance.Accepted;

    /// <summary>
    /// Enforced where the device reaches the memory through an IOMMU whose entries can be removed; cooperative where it uses bus or physical addresses.
    /// </summary>
    public override Revocability Revocability => !PeerToPeerAllowed && (Device.RangeMappingCost & MappingCost.IommuMap) != 0
        ? Revocability.Enforced
        : Revocability.Cooperative;

    internal IScatterGatherOperations Operations { get; }

    /// <summary>Maps the buffer for the device (<c>dma_buf_sgt_map_attachment_unlocked</c>). Called without the reservation lock.</summary>
    /// <param name="direction">Which accesses the device may make.</param>
    /// <param name="cancellationToken">Ends waiting for the lock and for memory that is still moving.</param>
    /// <returns>The mapping with its table; dispose it to unmap.</returns>
    /// <exception cref="DmaBufException">
    /// EINVAL: no such direction, or the table does not cover the buffer or breaks the device's limits; ENOMEM: the exporter returned nothing; ENODEV: revoked; else the exporter's errno.
    /// </exception>
    /// <exception cref="ObjectDisposedException">Detached.</exception>
    public ScatterGatherMapping MapScatterGather(DmaDirection direction, CancellationToken cancellationToken = default)
    {
        _ = Reservation.ImplicitWaitUsage(direction);
        return Map((this, direction), MapHeld, cancellationToken);
    }

    /// <summary>The same with the lock held by the caller (<c>dma_buf_sgt_map_attachment</c>).</summary>
    /// <inheritdoc cref="MapScatterGather"/>
    public ScatterGatherMapping MapScatterGatherLocked(in ReservationLock held, DmaDirection direction)
    {
        _ = Reservation.ImplicitWaitUsage(direction);
        return MapLocked(in held, (this, direction), MapHeld);
    }

    /// <summary>Unmaps; a second time, or another attachment's mapping, is EINVAL (<c>dma_buf_sgt_unmap_attachment_unlocked</c>).</summary>
    public void UnmapScatterGather(ScatterGatherMapping mapping) => Unmap(mapping);

    /// <summary>The same with the lock held by the caller (<c>dma_buf_sgt_unmap_attachment</c>).</summary>
    public void UnmapScatterGatherLocked(in ReservationLock held, ScatterGatherMapping mapping) => UnmapLocked(in held, mapping);

    /// <inheritdoc/>
    protected internal override string Describe() => Device.Name;

    private static ScatterGatherMapping MapHeld(in MapTicket ticket, (ScatterGatherAttachment Attachment, DmaDirection Direction) arguments)
    {
        (ScatterGatherAttachment attachment, DmaDirection direction) = arguments;
        ScatterGatherBacking? backing = attachment.Operations.MapScatterGather(attachment, direction, ticket.Held);
        if (backing is null)
        {
            throw new DmaBufException(Errno.ENOMEM, $"Mapping '{attachment.Buffer}' for '{attachment.Device.Name}' returned no table.");
        }

        if (backing.Table.TotalLength != attachment.Buffer.Size)
        {
            ulong covered = backing.Table.TotalLength;
            attachment.GiveBack(backing, direction, in ticket);
            throw new DmaBufException(
                Errno.EINVAL, $"Mapping '{attachment.Buffer}' for '{attachment.Device.Name}' returned a table of {covered} bytes; the buffer has {attachment.Buffer.Size}. The exporter must map all of it.");
        }

        if (backing.IsMadeElsewhere && FindBeyond(attachment.Device.SegmentLimits, backing.Table) is { } entry)
        {
            attachment.GiveBack(backing, direction, in ticket);
            throw new DmaBufException(
                Errno.EINVAL, $"Mapping '{attachment.Buffer}' for '{attachment.Device.Name}' returned the entry {entry}; the device takes {attachment.Device.SegmentLimits}. The exporter must cut its entries, or use {nameof(ScatterGatherTableBuilder)}.");
        }

        return new ScatterGatherMapping(in ticket, backing, direction);
    }

    private static ScatterGatherEntry? FindBeyond(DmaSegmentLimits limits, ScatterGatherTable table)
    {
        if (limits.AreNone)
        {
            return null;
        }

        foreach (ScatterGatherEntry entry in table.Entries)
        {
            if (!limits.Permit(entry))
            {
                return entry;
            }
        }

        return null;
    }

    private void GiveBack(ScatterGatherBacking backing, DmaDirection direction, in MapTicket ticket)
    {
        Operations.UnmapScatterGather(this, backing, direction, ticket.Held);
        backing.ReportReleaseFault(this);
    }
}
