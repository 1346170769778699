using DmaBuf;

namespace FabricMapping;

/// <summary>A window on the buffer, as the link addresses it.</summary>
public sealed class FabricWindow : Mapping
{
    private readonly FabricRange _range;

    internal FabricWindow(in MapTicket ticket, FabricRange range)
        : base(in ticket, MappingCost.None) => _range = range;

    /// <summary>Uses the window once; it cannot close meanwhile, except by force.</summary>
    public TResult Use<TResult>(Func<FabricRange, TResult> use)
    {
        ArgumentNullException.ThrowIfNull(use);
        using AccessScope access = EnterAccess();
        return use(_range);
    }

    /// <inheritdoc/>
    protected override void Unmap(in ReservationLock held)
    {
        FabricAttachment attachment = (FabricAttachment)Attachment;
        attachment.Operations.CloseWindow(attachment, _range, in held);
    }

    /// <inheritdoc/>
    protected override bool TryTakeAway(in ReservationLock held)
    {
        Unmap(in held);
        return true;
    }
}
