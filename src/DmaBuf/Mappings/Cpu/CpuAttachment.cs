namespace DmaBuf;

/// <summary>An attachment whose importer is the CPU.</summary>
/// <remarks>Safe for all threads. See <see cref="Attachment"/> for locks and life.</remarks>
public sealed class CpuAttachment : Attachment
{
    private readonly CpuOffer _offer;

    internal CpuAttachment(in FinishContext context, CpuOffer offer, CpuAccess access)
        : base(in context)
    {
        _offer = offer;
        Access = access;
    }

    /// <summary>What was agreed on.</summary>
    public CpuAccess Access { get; }

    /// <summary>Whether leases do cache maintenance.</summary>
    public CpuCoherency Coherency => _offer.Coherency;

    /// <summary>Enforced if the exporter's memory can be replaced under those who are inside (<see cref="ICpuOperations.CanOverlay"/>), else cooperative.</summary>
    public override Revocability Revocability => _offer.Operations.CanOverlay ? Revocability.Enforced : Revocability.Cooperative;

    /// <summary>Maps the whole buffer for the CPU. Called without the reservation lock.</summary>
    /// <param name="cancellationToken">Ends waiting for the lock and for memory that is still moving.</param>
    /// <returns>The mapping; dispose it to unmap.</returns>
    /// <exception cref="DmaBufException">ENODEV: revoked; EINVAL: the exporter mapped less than the buffer; else the exporter's errno.</exception>
    /// <exception cref="ObjectDisposedException">Detached.</exception>
    public CpuMapping MapCpu(CancellationToken cancellationToken = default) => Map(this, MapHeld, cancellationToken);

    /// <summary>The same with the lock held by the caller.</summary>
    /// <inheritdoc cref="MapCpu"/>
    public CpuMapping MapCpuLocked(in ReservationLock held) => MapLocked(in held, this, MapHeld);

    /// <summary>Unmaps; a second time, or another attachment's mapping, is EINVAL. Called without the lock.</summary>
    public void UnmapCpu(CpuMapping mapping) => Unmap(mapping);

    /// <summary>The same with the lock held by the caller.</summary>
    public void UnmapCpuLocked(in ReservationLock held, CpuMapping mapping) => UnmapLocked(in held, mapping);

    /// <inheritdoc/>
    protected internal override string Describe() => $"{Importer} {Access}";

    private static CpuMapping MapHeld(in MapTicket ticket, CpuAttachment attachment)
    {
        CpuMemory? memory = attachment._offer.Operations.MapCpu(attachment, attachment.Access, ticket.Held);
        if (memory is null)
        {
            throw new DmaBufException(Errno.ENOMEM, $"Mapping '{attachment.Buffer}' for the CPU returned nothing.");
        }

        if (memory.Length < attachment.Buffer.Size)
        {
            ulong length = memory.Length;
            memory.Dispose();
            throw new DmaBufException(
                Errno.EINVAL, $"Mapping '{attachment.Buffer}' for the CPU returned {length} bytes; the buffer has {attachment.Buffer.Size}. The exporter must map all of it.");
        }

        return new CpuMapping(in ticket, memory, attachment.CostBound, attachment.Access);
    }
}
