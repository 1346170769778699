namespace DmaBuf;

/// <summary>A buffer that the CPU can reach, lease by lease.</summary>
/// <remarks>Safe for all threads: leases may run side by side. Dispose unmaps, after the last lease.</remarks>
public sealed class CpuMapping : Mapping
{
    private readonly CpuMemory _memory;
    private readonly CpuAccess _access;

    internal CpuMapping(in MapTicket ticket, CpuMemory memory, MappingCost cost, CpuAccess access)
        : base(in ticket, cost)
    {
        _memory = memory;
        _access = access;
    }

    /// <summary>The size in bytes; equal to the buffer's.</summary>
    public ulong Length => Attachment.Buffer.Size;

    /// <summary>Begins reading: waits for writers' fences and makes the memory coherent where that is needed. Allocates nothing.</summary>
    /// <param name="cancellationToken">Ends the wait for fences.</param>
    /// <returns>The lease; dispose it once, soon.</returns>
    /// <exception cref="DmaBufException">ENODEV: revoked; EDEADLK: the reservation lock is held; else the exporter's errno.</exception>
    /// <exception cref="ObjectDisposedException">Unmapped.</exception>
    public CpuReadLease Read(CancellationToken cancellationToken = default)
    {
        AccessScope access = EnterAccess();
        return new CpuReadLease(this, access, Bracket(ref access, DmaDirection.FromDevice, cancellationToken));
    }

    /// <summary>Begins writing: waits for writers' and readers' fences and makes the memory coherent where that is needed. Allocates nothing.</summary>
    /// <inheritdoc cref="Read(CancellationToken)"/>
    /// <exception cref="DmaBufException">EPERM: only reading was agreed on; ENODEV: revoked; EDEADLK: the lock is held; else the exporter's errno.</exception>
    public CpuWriteLease Write(CancellationToken cancellationToken = default)
    {
        if (_access != CpuAccess.ReadWrite)
        {
            throw new DmaBufException(
                Errno.EPERM, $"Writing to '{Attachment.Buffer}' by '{Attachment.Importer}' was refused: Read was agreed on. Attach with CpuAccess.ReadWrite.");
        }

        AccessScope access = EnterAccess();
        return new CpuWriteLease(this, access, Bracket(ref access, DmaDirection.Bidirectional, cancellationToken));
    }

    /// <summary>Reads within one lease; the span cannot leave the callback.</summary>
    /// <param name="state">Handed to the action, so that it can be static.</param>
    /// <param name="action">Gets the first <see cref="int.MaxValue"/> bytes at most.</param>
    public void Read<TState>(TState state, CpuReadAction<TState> action)
    {
        ArgumentNullException.ThrowIfNull(action);
        using CpuReadLease lease = Read();
        action(lease.Window(0, (int)Math.Min(Length, int.MaxValue)), state);
    }

    /// <inheritdoc/>
    protected internal override void Unmap(in ReservationLock held) => _memory.Dispose();

    /// <inheritdoc/>
    protected internal override bool TryTakeAway(in ReservationLock held) => _memory.TryOverlay();

    /// <inheritdoc/>
    protected internal override void ReleaseTaken(in ReservationLock held) => _memory.Dispose();

    internal Span<byte> WindowOf(ulong offset, int length)
    {
        if (length < 0 || offset > Length || (ulong)length > Length - offset)
        {
            throw new DmaBufException(
                Errno.EINVAL, $"A window of {length} bytes at {offset} of '{Attachment.Buffer}' was refused: the buffer has {Length} bytes. Stay inside.");
        }

        return _memory.Window(offset, length);
    }

    internal int WholeLength => Length <= int.MaxValue
        ? (int)Length
        : throw new DmaBufException(
            Errno.EOVERFLOW, $"'{Attachment.Buffer}' has {Length} bytes, more than one span can hold. Read it through Window(offset, length).");

    /// <summary>True if a device has been given a copy of the bytes since the lease began: then it has to be told of those that were written.</summary>
    internal bool HasMappingsApartFromCpu => Attachment.Buffer.HasMappingsApartFromCpu;

    internal void EndBracket(DmaDirection direction) => Attachment.Buffer.EndCpuAccess(direction);

    /// <summary>True if the lease has to end a bracket. A failing begin ends the access, too.</summary>
    private bool Bracket(ref AccessScope access, DmaDirection direction, CancellationToken cancellationToken)
    {
        DmaBuffer buffer = Attachment.Buffer;
        bool maintained = buffer.Exporter is ICpuAccessExporter;
        if (!maintained && !buffer.HasMappingsApartFromCpu && !buffer.Reservation.HasPending(Reservation.ImplicitWaitUsage(direction)))
        {
            return false;
        }

        bool begun = false;
        try
        {
            buffer.BeginCpuAccess(direction, cancellationToken);
            begun = true;
            return maintained || buffer.HasMappingsApartFromCpu;
        }
        finally
        {
            if (!begun)
            {
                access.Dispose();
            }
        }
    }
}
