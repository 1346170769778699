namespace DmaBuf.Machine;

/// <content>Moving, and the link's operations.</content>
public sealed partial class GraphicsBufferExporter : IGpuLinkOperations
{
    private readonly Dictionary<GpuLinkRange, GraphicsMemory> _windows = [];
    private DmaChannel? _channel;
    private bool _isMoving;

    /// <summary>
    /// Moves the buffer: tells the importers, then copies once all work that was announced before has ended. Called without the lock; returns before the copy is made. Where there is
    /// no room, it waits, without the lock, for copies under way that leave some.
    /// </summary>
    /// <param name="placement">Where to.</param>
    /// <returns>
    /// Signals when the bytes have arrived; null: the buffer is there already. An engine that fails leaves a record in the fault log, and the CPU makes the copy. If the GPU is removed
    /// meanwhile it fails with ENODEV: a buffer that came from RAM is there again, the bytes of any other are lost, and both places fault.
    /// </returns>
    /// <exception cref="DmaBufException">
    /// EBUSY: pinned, or being moved; EINVAL: it may not be there; ENOMEM: there is no room, and no copy under way leaves any; ENODEV: revoked, or the GPU was removed; EDEADLK: the lock is held by this thread.
    /// </exception>
    public Fence? MoveTo(GraphicsPlacement placement)
    {
        while (true)
        {
            Fence? leaving = _processor.Departures.FirstFrom(placement);
            using (ReservationLock held = Buffer.Reservation.Lock())
            {
                if (TryMove(placement, leaving is not null, in held, out Fence? arrived))
                {
                    return arrived;
                }
            }

            leaving!.Wait(Timeout.InfiniteTimeSpan);
        }
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

    // As MoveTo for who has the lock: it waits with it, which a fence permits, because the map that asked could only fail.
    private Fence? MoveLocked(GraphicsPlacement placement, in ReservationLock held)
    {
        while (true)
        {
            Fence? leaving = _processor.Departures.FirstFrom(placement);
            if (TryMove(placement, leaving is not null, in held, out Fence? arrived))
            {
                return arrived;
            }

            leaving!.Wait(Timeout.InfiniteTimeSpan);
        }
    }

    // False: there is no room now, and the caller can wait for some; nothing has changed.
    private bool TryMove(GraphicsPlacement placement, bool canWait, in ReservationLock held, out Fence? arrived)
    {
        arrived = null;
        GraphicsMemory source = PresentLocked(in held);
        if (source.Placement == placement)
        {
            return true;
        }

        RequireMovable(placement);
        _processor.RequirePresent($"Moving '{Buffer}'");

        GraphicsMemory target;
        try
        {
            target = _processor.Allocate(placement, _size);
        }
        catch (DmaBufException full) when (full.Errno == Errno.ENOMEM && canWait)
        {
            return false;
        }

        try
        {
            // One channel a buffer: a move waits for its own buffer's work, and another buffer's must not wait behind it.
            string name = $"move of {Buffer}";
            _channel ??= _processor.Engine?.CreateChannel(name);
            FenceSnapshot before = Buffer.Reservation.Snapshot(FenceUsage.Bookkeep);
            GraphicsMove move = GraphicsMove.Prepare(_processor, _channel, source, target, _size, before, name);
            Announce(move, source, target, in held);
            source.Drop();
            arrived = move.Arrived;
            return true;
        }
        catch
        {
            target.Drop();
            throw;
        }
    }

    // Either the target is the present place and the copy will be made, or nothing has changed.
    private void Announce(GraphicsMove move, GraphicsMemory source, GraphicsMemory target, in ReservationLock held)
    {
        _isMoving = true;
        try
        {
            Buffer.Reservation.AddFence(in held, move.Arrived, FenceUsage.Kernel);
            Volatile.Write(ref _memory, target);
            Buffer.Invalidate(in held);
        }
        catch
        {
            Volatile.Write(ref _memory, source);
            move.CallOff();
            throw;
        }
        finally
        {
            _isMoving = false;
        }

        _processor.Departures.Add(source.Placement, move.Arrived);
        move.Begin();
    }

    // A buffer whose new place was lost goes back to the old one if that has its bytes.
    private GraphicsMemory PresentLocked(in ReservationLock held)
    {
        GraphicsMemory present = _memory;
        if (!present.IsLost)
        {
            return present;
        }

        GraphicsMemory origin = present.Origin
            ?? throw new DmaBufException(Errno.ENODEV, $"'{Buffer}' has lost its bytes: {_processor.Name} was removed while it moved. Export another one.");
        Volatile.Write(ref _memory, origin);
        try
        {
            Buffer.Invalidate(in held);
        }
        catch
        {
            Volatile.Write(ref _memory, present);
            throw;
        }

        origin.Take();
        present.Drop();
        return origin;
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
}
