namespace DmaBuf;

/// <summary>A buffer installed in an importer's I/O page table. It shows where, never what lies behind.</summary>
/// <remarks>Safe for all threads. Dispose removes the translations; a revoke at its deadline does the same.</remarks>
public sealed class IommuDomainMapping : Mapping
{
    private readonly object? _state;

    // What the exporter's part did cost this time it has no way to say, so its bound stands.
    internal IommuDomainMapping(in MapTicket ticket, DmaRange range, object? state)
        : base(in ticket, ticket.Attachment.CostBound)
    {
        Range = range;
        _state = state;
    }

    /// <summary>The addresses of the domain at which the buffer stands. The importer chose them, so they reveal nothing; accesses are stopped by the IOMMU.</summary>
    public DmaRange Range { get; }

    /// <inheritdoc/>
    protected internal override void Unmap(in ReservationLock held)
    {
        IommuDomainAttachment attachment = (IommuDomainAttachment)Attachment;
        attachment.Operations.UnmapIommuDomain(attachment, Range.Start, _state, in held);
    }

    /// <inheritdoc/>
    protected internal override bool TryTakeAway(in ReservationLock held)
    {
        // Without translations nothing leads to the memory any more, so the whole unmap can be done at once and leaves nothing behind.
        Unmap(in held);
        return true;
    }
}
