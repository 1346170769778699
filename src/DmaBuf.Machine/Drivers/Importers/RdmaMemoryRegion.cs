namespace DmaBuf.Machine;

/// <summary>
/// A buffer as a network adapter's memory region. Work is posted in order and done in order, each piece through the mapping that was the present one when it was posted: its
/// fence, added under the same lock, keeps a move from reusing that place before the work has ended. So no work ever sees a stale address.
/// </summary>
/// <remarks>Work uses BOOKKEEP fences: who shares memory with a network adapter synchronises by messages. Safe for all threads; dispose it once nobody posts any more.</remarks>
public sealed class RdmaMemoryRegion : IDisposable
{
    private readonly RdmaAdapter _adapter;
    private readonly MovingTable _table;
    private readonly FenceContext _queue;
    private Task _tail = Task.CompletedTask;
    private int _isDisposed;

    internal RdmaMemoryRegion(RdmaAdapter adapter, ScatterGatherAttachment attachment, int key)
    {
        _adapter = adapter;
        _table = new MovingTable(attachment, DmaDirection.Bidirectional);
        _queue = new FenceContext($"{adapter.Name} region {key}");
        Key = key;
    }

    /// <summary>By which peers name the region (<c>rkey</c>); never given twice by one adapter.</summary>
    public int Key { get; }

    /// <summary>The agreement.</summary>
    public ScatterGatherAttachment Attachment => _table.Attachment;

    /// <summary>How many times the buffer was mapped for the region: once, and once after each move that was followed by work.</summary>
    public int MapCount
    {
        get
        {
            using ReservationLock held = Attachment.Buffer.Reservation.Lock();
            return _table.MapCount;
        }
    }

    /// <summary>Posts a write of the region.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="source">The bytes; unchanged until the fence signals.</param>
    /// <returns>Signals when the bytes are written, or fails with the errno of what went wrong.</returns>
    /// <exception cref="DmaBufException">EINVAL: not inside the buffer; ENODEV: revoked; else as mapping. Nothing was posted.</exception>
    public Fence PostWrite(ulong offset, ReadOnlyMemory<byte> source)
    {
        TableTransfer.RequireInside(Attachment.Buffer, offset, source.Length);
        return Post(mapping => TableTransfer.Write(_adapter.Engine, mapping, offset, source.Span));
    }

    /// <summary>Posts a read of the region.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="destination">Receives the bytes by the time the fence signals.</param>
    /// <returns>Signals when the bytes are there, or fails with the errno of what went wrong.</returns>
    /// <exception cref="DmaBufException">EINVAL: not inside the buffer; ENODEV: revoked; else as mapping. Nothing was posted.</exception>
    public Fence PostRead(ulong offset, Memory<byte> destination)
    {
        TableTransfer.RequireInside(Attachment.Buffer, offset, destination.Length);
        return Post(mapping => TableTransfer.Read(_adapter.Engine, mapping, offset, destination.Span));
    }

    /// <summary>Deregisters: waits for the posted work, unmaps, detaches. Idempotent, never throws.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        Task tail;
        using (ReservationLock held = Attachment.Buffer.Reservation.Lock())
        {
            _table.Retire(in held);
            tail = _tail;
        }

        tail.GetAwaiter().GetResult();
        Attachment.Dispose();
        _adapter.Forget(this);
    }

    internal void MapNow()
    {
        using ReservationLock held = Attachment.Buffer.Reservation.Lock();
        _table.Leave(in held, _table.Enter(in held));
    }

    internal void LetGo(in ReservationLock held) => _table.Retire(in held);

    private Fence Post(Action<ScatterGatherMapping> work)
    {
        Reservation reservation = Attachment.Buffer.Reservation;
        using ReservationLock held = reservation.Lock();
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
        MovingTable.Entered entered = _table.Enter(in held);
        FenceSource done = _queue.CreateFence();
        try
        {
            // Only memory management is waited for: a move that is under way, whose bytes this mapping leads to.
            FenceSnapshot arrival = reservation.Snapshot(FenceUsage.Kernel);
            Attachment.AddFence(in held, done.Fence, FenceUsage.Bookkeep);
            _tail = WorkAsync(_tail, arrival, entered, work, done);
            return done.Fence;
        }
        catch
        {
            done.Dispose();
            _table.Leave(in held, entered);
            throw;
        }
    }

    private async Task WorkAsync(Task before, FenceSnapshot arrival, MovingTable.Entered entered, Action<ScatterGatherMapping> work, FenceSource done)
    {
        // Off the caller's stack, which holds the lock.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await before.ConfigureAwait(false);
        await arrival.WaitAsync().ConfigureAwait(false);
        Errno error = arrival.Error;
        try
        {
            if (error == Errno.None)
            {
                work(entered.Mapping);
            }
        }
        catch (DmaBufException failure)
        {
            error = failure.Errno;
        }

        _ = error == Errno.None ? done.TrySignal() : done.TryFail(error);
        _table.Leave(entered);
    }
}
