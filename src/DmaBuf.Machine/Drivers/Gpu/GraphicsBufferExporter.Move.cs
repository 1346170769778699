namespace DmaBuf.Machine;

/// <content>Moving, the driver's own view of the bytes, and the link's operations.</content>
public sealed partial class GraphicsBufferExporter : IGpuLinkOperations
{
    private readonly Dictionary<GpuLinkRange, GraphicsMemory> _windows = [];
    private bool _isMoving;

    /// <summary>
    /// Moves the buffer: tells the importers, then copies once all work that was announced before has ended. Called without the lock; returns before the copy is made.
    /// </summary>
    /// <param name="placement">Where to.</param>
    /// <returns>Signals when the bytes have arrived; null: the buffer is there already.</returns>
    /// <exception cref="DmaBufException">
    /// EBUSY: pinned, or being moved; EINVAL: it may not be there; ENOMEM: there is no room; ENODEV: revoked; EDEADLK: the lock is held by this thread.
    /// </exception>
    public Fence? MoveTo(GraphicsPlacement placement)
    {
        using ReservationLock held = Buffer.Reservation.Lock();
        return MoveLocked(placement, in held);
    }

    /// <summary>Reads the buffer as its driver does, after moves under way.</summary>
    /// <param name="offset">The first byte, counted from the buffer's start.</param>
    /// <param name="destination">Receives the bytes.</param>
    /// <exception cref="DmaBufException">EINVAL: not inside the buffer; nothing was read.</exception>
    public void Read(ulong offset, Memory<byte> destination)
    {
        RequireInside(offset, destination.Length);
        using ReservationLock held = LockAtRest();
        _memory.Read(offset, destination);
    }

    /// <summary>Writes the buffer as its driver does, after moves under way.</summary>
    /// <param name="offset">The first byte, counted from the buffer's start.</param>
    /// <param name="source">The bytes to write.</param>
    /// <exception cref="DmaBufException">EINVAL: not inside the buffer; nothing was written.</exception>
    public void Write(ulong offset, ReadOnlyMemory<byte> source)
    {
        RequireInside(offset, source.Length);
        using ReservationLock held = LockAtRest();
        _memory.Write(offset, source);
    }

    /// <inheritdoc/>
    public GpuLinkRange OpenWindow(GpuLinkAttachment attachment, in ReservationLock held, out MappingCost cost)
    {
        ArgumentNullException.ThrowIfNull(attachment);
        bool moved = MoveLocked(GraphicsPlacement.DeviceMemory, in held) is not null;
        cost = moved || _movedByPin ? MappingCost.Migrate : MappingCost.None;
        GpuLinkRange window = _processor.Port!.Open(attachment.Port, _processor.Machine.Memory, _memory.Ranges[0]);
        _memory.Take();
        _windows.Add(window, _memory);
        return window;
    }

    /// <inheritdoc/>
    public void CloseWindow(GpuLinkAttachment attachment, GpuLinkRange window, in ReservationLock held)
    {
        _processor.Port!.Close(window);
        if (_windows.Remove(window, out GraphicsMemory? memory))
        {
            memory.Drop();
        }
    }

    private Fence? MoveLocked(GraphicsPlacement placement, in ReservationLock held)
    {
        if (_memory.Placement == placement)
        {
            return null;
        }

        RequireMovable(placement);
        GraphicsMemory source = _memory;
        GraphicsMemory target = _processor.Allocate(placement, _size);
        FenceSnapshot before = Buffer.Reservation.Snapshot(FenceUsage.Bookkeep);

        // A timeline of its own: a move that is called off must not overtake an earlier one.
        FenceSource arrived = new FenceContext($"move of {Buffer}").CreateFence();
        Buffer.Reservation.AddFence(in held, arrived.Fence, FenceUsage.Kernel);
        Volatile.Write(ref _memory, target);
        _isMoving = true;
        try
        {
            Buffer.Invalidate(in held);
        }
        catch
        {
            Volatile.Write(ref _memory, source);
            target.Drop();
            arrived.TryFail(Errno.ECANCELED);
            throw;
        }
        finally
        {
            _isMoving = false;
        }

        target.Take();
        _ = Task.Run(() => CopyAsync(before, source, target, arrived));
        return arrived.Fence;
    }

    private void RequireMovable(GraphicsPlacement placement)
    {
        if (placement == GraphicsPlacement.SystemMemory && !_options.MayMigrate)
        {
            throw new DmaBufException(Errno.EINVAL, $"Moving '{Buffer}' to system memory was refused: it may not be there. Export it with {nameof(GraphicsBufferOptions.MayMigrate)}.");
        }

        if (_pins > 0 || _isMoving)
        {
            throw new DmaBufException(
                Errno.EBUSY,
                _isMoving
                    ? $"Moving '{Buffer}' was refused: its importers are being told of another move. Map again after the callback has returned."
                    : $"Moving '{Buffer}' was refused: it is pinned {_pins} times. Wait until the importers unpin and static ones unmap.");
        }
    }

    // The source's reference was the buffer's own; the target's is the copy's.
    private async Task CopyAsync(FenceSnapshot before, GraphicsMemory source, GraphicsMemory target, FenceSource arrived)
    {
        await before.WaitAsync().ConfigureAwait(false);
        Errno error = Errno.None;
        try
        {
            source.CopyTo(target, _size);
        }
        catch (DmaBufException failure)
        {
            error = failure.Errno;
        }

        source.Drop();
        target.Drop();
        _ = error == Errno.None ? arrived.TrySignal() : arrived.TryFail(error);
    }

    private ReservationLock LockAtRest()
    {
        while (true)
        {
            Buffer.Reservation.Snapshot(FenceUsage.Kernel).Wait(Timeout.InfiniteTimeSpan);
            ReservationLock held = Buffer.Reservation.Lock();
            if (!Buffer.Reservation.HasPending(FenceUsage.Kernel))
            {
                return held;
            }

            held.Dispose();
        }
    }

    private void RequireInside(ulong offset, int length)
    {
        if (offset > _size || (ulong)length > _size - offset)
        {
            throw new DmaBufException(Errno.EINVAL, $"{length} bytes at {offset} are not inside '{Buffer}', which has {_size}. Stay inside.");
        }
    }
}
