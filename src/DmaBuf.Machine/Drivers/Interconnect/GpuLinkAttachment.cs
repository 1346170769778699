namespace DmaBuf.Machine;

/// <summary>A GPU that reaches the buffer over a <see cref="GpuLink"/>.</summary>
/// <remarks>Safe for all threads. See <see cref="Attachment"/> for locks and life.</remarks>
public sealed class GpuLinkAttachment : Attachment
{
    internal GpuLinkAttachment(in FinishContext context, IGpuLinkOperations operations, GpuLinkPort port)
        : base(in context)
    {
        Operations = operations;
        Port = port;
    }

    /// <summary>The importing GPU's place.</summary>
    public GpuLinkPort Port { get; }

    /// <summary>The owner closes the window, whatever the importer does.</summary>
    public override Revocability Revocability => Revocability.Enforced;

    internal IGpuLinkOperations Operations { get; }

    /// <summary>Maps the buffer over the link. Called without the reservation lock.</summary>
    /// <returns>The mapping; dispose it to unmap.</returns>
    /// <exception cref="DmaBufException">EBUSY: pinned where the link does not reach; ENODEV: revoked; else the exporter's errno.</exception>
    public GpuLinkMapping MapGpuLink() => Map(this, MapHeld);

    /// <summary>The same with the lock held by the caller.</summary>
    /// <inheritdoc cref="MapGpuLink"/>
    public GpuLinkMapping MapGpuLinkLocked(in ReservationLock held) => MapLocked(in held, this, MapHeld);

    /// <inheritdoc/>
    protected override string Describe() => Port.ToString();

    private static GpuLinkMapping MapHeld(in MapTicket ticket, GpuLinkAttachment attachment)
    {
        GpuLinkRange window = attachment.Operations.OpenWindow(attachment, ticket.Held, out MappingCost cost);
        return new GpuLinkMapping(in ticket, window, cost);
    }
}
