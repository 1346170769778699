namespace DmaBuf.Machine;

/// <summary>A physical function that reaches a buffer of one of its virtual functions.</summary>
/// <remarks>Safe for all threads. See <see cref="Attachment"/> for locks and life.</remarks>
public sealed class ApertureAttachment : Attachment
{
    internal ApertureAttachment(in FinishContext context, ApertureOffer offer)
        : base(in context)
    {
        Operations = offer.Operations;
        Aperture = offer.Aperture;
    }

    /// <summary>The virtual function's BAR.</summary>
    public PciBar Aperture { get; }

    /// <summary>Nothing stands between a physical function and its own memory, so it has to let go by itself.</summary>
    public override Revocability Revocability => Revocability.Cooperative;

    internal IApertureOperations Operations { get; }

    /// <summary>Maps the buffer. Called without the reservation lock.</summary>
    /// <returns>The mapping; dispose it to unmap.</returns>
    /// <exception cref="DmaBufException">EINVAL: the exporter's ranges do not cover the buffer; ENODEV: revoked; else the exporter's errno.</exception>
    public ApertureMapping MapAperture() => Map(this, MapHeld);

    /// <summary>The same with the lock held by the caller.</summary>
    /// <inheritdoc cref="MapAperture"/>
    public ApertureMapping MapApertureLocked(in ReservationLock held) => MapLocked(in held, this, MapHeld);

    /// <inheritdoc/>
    protected override string Describe() => $"aperture of {Aperture.Function.Address}";

    private static ApertureMapping MapHeld(in MapTicket ticket, ApertureAttachment attachment)
    {
        IReadOnlyList<ApertureRange> ranges = attachment.Operations.MapAperture(attachment, ticket.Held);
        ulong covered = ranges.Aggregate(0UL, static (sum, range) => sum + range.Length);
        if (covered != attachment.Buffer.Size)
        {
            attachment.Operations.UnmapAperture(attachment, ticket.Held);
            throw new DmaBufException(
                Errno.EINVAL, $"Mapping '{attachment.Buffer}' returned {covered} bytes of the aperture; the buffer has {attachment.Buffer.Size}. The exporter must map all of it.");
        }

        return new ApertureMapping(in ticket, ranges);
    }
}
