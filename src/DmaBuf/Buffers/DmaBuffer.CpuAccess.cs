namespace DmaBuf;

/// <content>CPU access brackets (spec 2.13).</content>
public sealed partial class DmaBuffer
{
    /// <summary>
    /// Begins CPU access (<c>dma_buf_begin_cpu_access</c>): the exporter makes the memory coherent, then this waits for the fences that matter: a writer for readers
    /// and writers, a reader for writers. Called without the reservation lock.
    /// </summary>
    /// <param name="direction">FromDevice: the CPU will read; ToDevice or Bidirectional: it will write.</param>
    /// <param name="cancellationToken">Ends the wait; the exporter's work is undone.</param>
    /// <exception cref="DmaBufException">EINVAL: no such direction; EDEADLK: the lock is held; ENODEV: revoked; else the exporter's errno.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled; no access has begun.</exception>
    /// <exception cref="ObjectDisposedException">The buffer was released.</exception>
    public void BeginCpuAccess(DmaDirection direction, CancellationToken cancellationToken = default)
    {
        ThrowIfReleased();
        FenceUsage usage = Reservation.ImplicitWaitUsage(direction);
        Reservation.ThrowIfHeldByCurrentThread("BeginCpuAccess");
        if (_life.Phase != BufferPhase.Live)
        {
            throw NotLive("Beginning CPU access", "the CPU");
        }

        ICpuAccessExporter? coherency = Exporter as ICpuAccessExporter;
        coherency?.BeginCpuAccess(this, direction);
        if (!Reservation.HasPending(usage))
        {
            return;
        }

        bool begun = false;
        try
        {
            Reservation.Snapshot(usage).Wait(Timeout.InfiniteTimeSpan, cancellationToken);
            begun = true;
        }
        finally
        {
            if (!begun)
            {
                coherency?.EndCpuAccess(this, direction);
            }
        }
    }

    /// <summary>Ends what <see cref="BeginCpuAccess"/> began, with the same direction (<c>dma_buf_end_cpu_access</c>). Called without the lock.</summary>
    /// <exception cref="DmaBufException">EINVAL: no such direction; EDEADLK: the lock is held.</exception>
    public void EndCpuAccess(DmaDirection direction)
    {
        _ = Reservation.ImplicitWaitUsage(direction);
        Reservation.ThrowIfHeldByCurrentThread("EndCpuAccess");
        (Exporter as ICpuAccessExporter)?.EndCpuAccess(this, direction);
    }
}
