namespace DmaBuf.Machine;

/// <summary>
/// Shows an importer that can be told to let go: it accepts peers, keeps its mapping between jobs, and lets it go when the memory moves or is taken away. Mirrors the dynamic
/// attach (<c>dma_buf_sgt_dynamic_attach</c>, patch 20) and a GPU driver that imports.
/// </summary>
/// <remarks>
/// The rules that matter: a job adds its fence under the same lock under which it took the mapping, so a move either sees the fence or the job sees the move; it waits for
/// KERNEL fences before it touches memory; the callback waits for nothing. Safe for all threads, but for <see cref="Dispose"/>, which comes after the last job.
/// </remarks>
public sealed class DynamicDmaImporter : DynamicImporter, IDisposable
{
    private readonly DmaEngineDevice _engine;
    private readonly MovingTable _table;

    /// <summary>Attaches.</summary>
    /// <param name="engine">The device.</param>
    /// <param name="buffer">The buffer.</param>
    /// <param name="acceptance">Whether it takes addresses of a peer's memory.</param>
    /// <exception cref="DmaBufException">As <see cref="DmaBuffer.Attach(DmaBufferImporter, MappingRequestList)"/>.</exception>
    public DynamicDmaImporter(DmaEngineDevice engine, DmaBuffer buffer, PeerToPeerAcceptance acceptance = PeerToPeerAcceptance.Accepted)
        : base(engine?.Name ?? throw new ArgumentNullException(nameof(engine)))
    {
        ArgumentNullException.ThrowIfNull(buffer);
        _engine = engine;
        _table = new MovingTable(buffer.Attach(this, ScatterGatherMappingType.Request(engine, acceptance)), DmaDirection.Bidirectional);
    }

    /// <summary>The agreement.</summary>
    public ScatterGatherAttachment Attachment => _table.Attachment;

    /// <summary>The device reads the buffer.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="destination">Receives the bytes.</param>
    /// <exception cref="DmaBufException">EINVAL: not inside the buffer; ENODEV: revoked; else what mapping or the device reported.</exception>
    public void Read(ulong offset, Span<byte> destination)
    {
        MovingTable.Entered entered = Begin(offset, destination.Length, FenceUsage.Read, out FenceSource job);
        try
        {
            TableTransfer.Read(_engine, entered.Mapping, offset, destination);
            job.TrySignal();
        }
        finally
        {
            job.Dispose();
            _table.Leave(entered);
        }
    }

    /// <summary>The device writes the buffer.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="source">The bytes.</param>
    /// <exception cref="DmaBufException">EINVAL: not inside the buffer; ENODEV: revoked; else what mapping or the device reported.</exception>
    public void Write(ulong offset, ReadOnlySpan<byte> source)
    {
        MovingTable.Entered entered = Begin(offset, source.Length, FenceUsage.Write, out FenceSource job);
        try
        {
            TableTransfer.Write(_engine, entered.Mapping, offset, source);
            job.TrySignal();
        }
        finally
        {
            job.Dispose();
            _table.Leave(entered);
        }
    }

    /// <summary>Unmaps and detaches. Idempotent, never throws.</summary>
    public void Dispose()
    {
        using (ReservationLock held = Attachment.Buffer.Reservation.Lock())
        {
            _table.Retire(in held);
        }

        Attachment.Dispose();
    }

    /// <inheritdoc/>
    protected override void OnInvalidate(Attachment attachment, InvalidateReason reason, in ReservationLock held)
    {
        // It may come before the attach in the constructor has returned; then nothing is mapped yet.
        if (reason != InvalidateReason.Unrevoke)
        {
            _table?.Retire(in held);
        }
    }

    private MovingTable.Entered Begin(ulong offset, int length, FenceUsage usage, out FenceSource job)
    {
        DmaBuffer buffer = Attachment.Buffer;
        TableTransfer.RequireInside(buffer, offset, length);
        job = new FenceContext($"job of {Name}").CreateFence();
        FenceSnapshot before;
        MovingTable.Entered entered;
        using (ReservationLock held = buffer.Reservation.Lock())
        {
            // Mapping first: it may move the memory, and then the bytes arrive behind a KERNEL fence that the job has to see, and that must not wait for the job.
            entered = _table.Enter(in held);
            try
            {
                before = buffer.Reservation.Snapshot(usage == FenceUsage.Write ? FenceUsage.Read : FenceUsage.Write);
                Attachment.AddFence(in held, job.Fence, usage);
            }
            catch
            {
                _table.Leave(in held, entered);
                throw;
            }
        }

        before.Wait(Timeout.InfiniteTimeSpan);
        return entered;
    }
}
