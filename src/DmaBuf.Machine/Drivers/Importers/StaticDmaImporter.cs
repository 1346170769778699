namespace DmaBuf.Machine;

/// <summary>
/// Shows the oldest kind of importer: a device that cannot be told to let go, so each mapping pins the memory, and peers are not accepted. Mirrors the static attach
/// (<c>dma_buf_sgt_attach</c>, patch 19) and a driver that maps for each job, as a display or a camera does.
/// </summary>
/// <remarks>
/// A job maps, waits for what moves or writes the memory, announces itself by a fence, lets the device work, signals, and unmaps. Jobs may run side by side. Safe for all
/// threads, but for <see cref="Dispose"/>, which comes after the last job.
/// </remarks>
public sealed class StaticDmaImporter : DmaBufferImporter, IDisposable
{
    private readonly DmaEngineDevice _engine;
    private readonly ScatterGatherAttachment _attachment;

    /// <summary>Attaches.</summary>
    /// <param name="engine">The device.</param>
    /// <param name="buffer">The buffer.</param>
    /// <exception cref="DmaBufException">As <see cref="DmaBuffer.Attach(DmaBufferImporter, MappingRequestList)"/>.</exception>
    public StaticDmaImporter(DmaEngineDevice engine, DmaBuffer buffer)
        : base(engine?.Name ?? throw new ArgumentNullException(nameof(engine)))
    {
        ArgumentNullException.ThrowIfNull(buffer);
        _engine = engine;
        _attachment = buffer.Attach(this, ScatterGatherMappingType.Request(engine));
    }

    /// <summary>The agreement.</summary>
    public ScatterGatherAttachment Attachment => _attachment;

    /// <summary>The device reads the buffer.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="destination">Receives the bytes.</param>
    /// <exception cref="DmaBufException">EINVAL: not inside the buffer; ENODEV: revoked; else what mapping or the device reported.</exception>
    public void Read(ulong offset, Span<byte> destination)
    {
        TableTransfer.RequireInside(_attachment.Buffer, offset, destination.Length);
        using ScatterGatherMapping mapping = _attachment.MapScatterGather(DmaDirection.ToDevice);
        using FenceSource job = Begin(FenceUsage.Read);
        TableTransfer.Read(_engine, mapping, offset, destination);
        job.TrySignal();
    }

    /// <summary>The device writes the buffer.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="source">The bytes.</param>
    /// <exception cref="DmaBufException">EINVAL: not inside the buffer; ENODEV: revoked; else what mapping or the device reported.</exception>
    public void Write(ulong offset, ReadOnlySpan<byte> source)
    {
        TableTransfer.RequireInside(_attachment.Buffer, offset, source.Length);
        using ScatterGatherMapping mapping = _attachment.MapScatterGather(DmaDirection.FromDevice);
        using FenceSource job = Begin(FenceUsage.Write);
        TableTransfer.Write(_engine, mapping, offset, source);
        job.TrySignal();
    }

    /// <summary>Detaches. Idempotent, never throws.</summary>
    public void Dispose() => _attachment.Dispose();

    private FenceSource Begin(FenceUsage usage)
    {
        FenceSource job = new FenceContext($"job of {Name}").CreateFence();
        FenceSnapshot before;
        using (ReservationLock held = _attachment.Buffer.Reservation.Lock())
        {
            before = _attachment.Buffer.Reservation.Snapshot(usage == FenceUsage.Write ? FenceUsage.Read : FenceUsage.Write);
            _attachment.AddFence(in held, job.Fence, usage);
        }

        before.Wait(Timeout.InfiniteTimeSpan);
        return job;
    }
}
