using DmaBuf;

namespace FabricMapping;

/// <summary>An importer that reaches the buffer over the link.</summary>
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

    /// <summary>Opens a window on the buffer.</summary>
    /// <exception cref="DmaBufException">ENODEV: revoked; else the exporter's errno.</exception>
    public FabricWindow MapFabric() => Map(this, static (in MapTicket ticket, FabricAttachment attachment) =>
    {
        FabricRange range = attachment.Operations.OpenWindow(attachment, ticket.Held);
        return new FabricWindow(in ticket, range);
    });

    /// <inheritdoc/>
    protected override string Describe() => Node.ToString();
}
