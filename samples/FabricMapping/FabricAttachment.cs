using DmaBuf;

namespace FabricMapping;

/// <summary>An importer that reaches the buffer over the link.</summary>
/// <remarks>Safe for all threads.</remarks>
public sealed class FabricAttachment : Attachment
{
    private readonly FabricOffer _offer;

    internal FabricAttachment(in FinishContext context, FabricOffer offer, FabricNode importer)
        : base(in context)
    {
        _offer = offer;
        Node = importer;
    }

    /// <summary>The importer's node.</summary>
    public FabricNode Node { get; }

    /// <summary>The exporter closes the window, whatever the importer does: a revoke can be enforced.</summary>
    public override Revocability Revocability => Revocability.Enforced;

    internal IFabricOperations Operations => _offer.Operations;

    /// <summary>Opens a window on the buffer. Called without the reservation lock.</summary>
    /// <exception cref="DmaBufException">ENODEV: revoked; else the exporter's errno.</exception>
    public FabricWindow MapFabric() => Map(this, MapHeld);

    /// <summary>The same with the lock held by the caller, for example inside <c>OnInvalidate</c>.</summary>
    /// <exception cref="DmaBufException">ENODEV: revoked; else the exporter's errno.</exception>
    public FabricWindow MapFabricLocked(in ReservationLock held) => MapLocked(in held, this, MapHeld);

    /// <inheritdoc/>
    protected override string Describe() => Node.ToString();

    private static FabricWindow MapHeld(in MapTicket ticket, FabricAttachment attachment)
        => new(in ticket, attachment.Operations.OpenWindow(attachment, ticket.Held));
}
