namespace DmaBuf.Machine;

/// <summary>A buffer of a virtual function as parts of its aperture; good until it is unmapped.</summary>
/// <remarks>Safe for all threads.</remarks>
public sealed class ApertureMapping : Mapping
{
    private readonly IReadOnlyList<ApertureRange> _ranges;

    internal ApertureMapping(in MapTicket ticket, IReadOnlyList<ApertureRange> ranges)
        : base(in ticket, MappingCost.None) => _ranges = ranges;

    /// <summary>Uses the parts, in the order of the buffer's bytes; a revoke waits meanwhile.</summary>
    /// <param name="use">Programs the device with them.</param>
    /// <returns>What it returned.</returns>
    /// <exception cref="DmaBufException">ENODEV: revoked.</exception>
    /// <exception cref="ObjectDisposedException">Unmapped.</exception>
    public TResult Use<TResult>(Func<IReadOnlyList<ApertureRange>, TResult> use)
    {
        ArgumentNullException.ThrowIfNull(use);
        using AccessScope access = EnterAccess();
        return use(_ranges);
    }

    /// <inheritdoc/>
    protected override void Unmap(in ReservationLock held)
    {
        ApertureAttachment attachment = (ApertureAttachment)Attachment;
        attachment.Operations.UnmapAperture(attachment, in held);
    }
}
