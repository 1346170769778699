namespace DmaBuf.Machine;

/// <summary>A buffer mapped over a <see cref="GpuLink"/>: link addresses, good until it is unmapped or taken away.</summary>
/// <remarks>Safe for all threads.</remarks>
public sealed class GpuLinkMapping : Mapping
{
    private readonly GpuLinkRange _window;

    internal GpuLinkMapping(in MapTicket ticket, GpuLinkRange window, MappingCost cost)
        : base(in ticket, cost) => _window = window;

    /// <summary>Uses the addresses; the window cannot close meanwhile, except by force.</summary>
    /// <param name="use">Programs the GPU with them.</param>
    /// <returns>What it returned.</returns>
    /// <exception cref="DmaBufException">ENODEV: revoked.</exception>
    /// <exception cref="ObjectDisposedException">Unmapped.</exception>
    public TResult Use<TResult>(Func<GpuLinkRange, TResult> use)
    {
        ArgumentNullException.ThrowIfNull(use);
        using AccessScope access = EnterAccess();
        return use(_window);
    }

    /// <inheritdoc/>
    protected override void Unmap(in ReservationLock held)
    {
        GpuLinkAttachment attachment = (GpuLinkAttachment)Attachment;
        attachment.Operations.CloseWindow(attachment, _window, in held);
    }

    /// <inheritdoc/>
    protected override bool TryTakeAway(in ReservationLock held)
    {
        Unmap(in held);
        return true;
    }
}
