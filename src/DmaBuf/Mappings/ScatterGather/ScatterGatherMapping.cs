namespace DmaBuf;

/// <summary>A buffer mapped for one device: its table of DMA addresses.</summary>
/// <remarks>
/// Safe for all threads. The table may be read between map and unmap only, through <see cref="ReadTable"/>. An address that was copied out is stopped by the
/// IOMMU after unmap or revoke, or, without one, by the importer's good faith, which is why such an attachment is cooperative.
/// </remarks>
public sealed class ScatterGatherMapping : Mapping
{
    private readonly ScatterGatherBacking _backing;

    internal ScatterGatherMapping(in MapTicket ticket, ScatterGatherBacking backing, DmaDirection direction)
        : base(in ticket, backing.Cost)
    {
        _backing = backing;
        Direction = direction;
    }

    /// <summary>Which accesses the device may make.</summary>
    public DmaDirection Direction { get; }

    /// <summary>Begins reading the table, for example to program the device. Allocates nothing.</summary>
    /// <returns>The lease; dispose it once the device has been told.</returns>
    /// <exception cref="DmaBufException">ENODEV: revoked.</exception>
    /// <exception cref="ObjectDisposedException">Unmapped.</exception>
    public ScatterGatherLease ReadTable()
    {
        AccessScope access = EnterAccess();
        try
        {
            return new ScatterGatherLease(_backing.Table, access);
        }
        catch (ObjectDisposedException)
        {
            // A revoke took the table away between the two lines. An access that nobody holds would hold up the teardown for ever.
            access.Dispose();
            EnterAccess().Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    protected internal override void SynchronizeForCpu(in ReservationLock held) => _backing.SynchronizeForCpu();

    /// <inheritdoc/>
    protected internal override void SynchronizeForDevice(in ReservationLock held) => _backing.SynchronizeForDevice();

    /// <inheritdoc/>
    protected internal override void Unmap(in ReservationLock held)
    {
        ScatterGatherAttachment attachment = (ScatterGatherAttachment)Attachment;
        try
        {
            attachment.Operations.UnmapScatterGather(attachment, _backing, Direction, in held);
        }
        finally
        {
            _backing.ReportReleaseFault(attachment);
        }
    }

    /// <inheritdoc/>
    protected internal override bool TryTakeAway(in ReservationLock held)
    {
        // The device's translations go at once; the array stays with whoever is reading it. A device that failed at that may reach the memory still.
        _backing.ReleaseWhileInUse();
        _backing.ReportReleaseFault((ScatterGatherAttachment)Attachment);
        return _backing.ReleaseFault is null;
    }

    /// <inheritdoc/>
    protected internal override void ReleaseTaken(in ReservationLock held) => Unmap(in held);
}
