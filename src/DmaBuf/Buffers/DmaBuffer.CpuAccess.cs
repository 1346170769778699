namespace DmaBuf;

/// <content>
/// CPU access brackets (spec 2.13), and what they owe to devices that do not see the CPU's bytes by themselves: a device whose mapping is bounced has a copy, one
/// that is not coherent has the CPU's caches between it and memory.
/// </content>
/// <remarks>
/// The kernel leaves such mappings to the exporter's operation, which has to keep a list of its attachments and runs before the fences were waited for. Here the
/// core, which knows all mappings, passes them to the CPU after the wait; no exporter can forget it. See docs/decisions/12-bounced-mappings.md.
/// </remarks>
public sealed partial class DmaBuffer
{
    private int _mappingsApartFromCpu;

    /// <summary>True while a mapping lives that has to be synchronised around CPU accesses; another thread may change it at any time.</summary>
    internal bool HasMappingsApartFromCpu => Volatile.Read(ref _mappingsApartFromCpu) != 0;

    /// <summary>
    /// Begins CPU access (<c>dma_buf_begin_cpu_access</c>): the exporter makes the memory coherent, then this waits for the fences that matter: a writer for readers
    /// and writers, a reader for writers. Then the bytes of bounced and of incoherent mappings are fetched. Called without the reservation lock.
    /// </summary>
    /// <param name="direction">FromDevice: the CPU will read; ToDevice or Bidirectional: it will write.</param>
    /// <param name="cancellationToken">Ends the wait; the exporter's work is undone.</param>
    /// <exception cref="DmaBufException">
    /// EINVAL: no such direction; EDEADLK: the lock is held; ENODEV: revoked; else the exporter's errno, or that of a device whose writes cannot be fetched.
    /// </exception>
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
        if (!Reservation.HasPending(usage) && !HasMappingsApartFromCpu)
        {
            return;
        }

        bool begun = false;
        try
        {
            Reservation.Snapshot(usage).Wait(Timeout.InfiniteTimeSpan, cancellationToken);
            PassMappingsToCpu(cancellationToken);
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

    /// <summary>
    /// Ends what <see cref="BeginCpuAccess"/> began, with the same direction (<c>dma_buf_end_cpu_access</c>). What the CPU may have written is brought to bounced and
    /// to incoherent mappings. Called without the lock.
    /// </summary>
    /// <exception cref="DmaBufException">EINVAL: no such direction; EDEADLK: the lock is held.</exception>
    public void EndCpuAccess(DmaDirection direction)
    {
        _ = Reservation.ImplicitWaitUsage(direction);
        Reservation.ThrowIfHeldByCurrentThread("EndCpuAccess");
        if (direction != DmaDirection.FromDevice)
        {
            PassMappingsToDevices();
        }

        (Exporter as ICpuAccessExporter)?.EndCpuAccess(this, direction);
    }

    private void PassMappingsToCpu(CancellationToken cancellationToken)
    {
        if (!HasMappingsApartFromCpu)
        {
            return;
        }

        using ReservationLock held = Reservation.Lock(cancellationToken);
        foreach (Mapping mapping in MappingsApartLocked())
        {
            mapping.SynchronizeForCpu(held.Lend());
        }
    }

    private void PassMappingsToDevices()
    {
        if (!HasMappingsApartFromCpu)
        {
            return;
        }

        using (Reservation.LockOrJoin(out ReservationLock held))
        {
            foreach (Mapping mapping in MappingsApartLocked())
            {
                PassToDevice(mapping, held.Lend());
            }
        }
    }

    private IEnumerable<Mapping> MappingsApartLocked()
    {
        for (Attachment? attachment = _attachments; attachment is not null; attachment = attachment.Next)
        {
            for (Mapping? mapping = attachment.FirstMapping; mapping is not null; mapping = mapping.Next)
            {
                if (mapping.IsApartFromCpu)
                {
                    yield return mapping;
                }
            }
        }
    }

    private void PassToDevice(Mapping mapping, ReservationLock held)
    {
        try
        {
            mapping.SynchronizeForDevice(in held);
        }
        catch (Exception exception)
        {
            ReportBrokenPromise($"passing bytes of the CPU to '{mapping.Attachment.Importer}'", exception);
        }
    }
}
