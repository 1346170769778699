using System.Diagnostics;

namespace DmaBuf;

/// <content>Map and unmap: the frame in which every type's own operations run.</content>
public abstract partial class Attachment
{
    /// <summary>
    /// Maps without the lock: takes it, checks, pins for a static importer, runs the type's map function, and for a static importer waits until the memory
    /// has arrived (KERNEL fences) after the lock was left.
    /// </summary>
    /// <param name="arguments">Handed to the function; so that it can be static and nothing is captured.</param>
    /// <param name="map">Calls the exporter and makes the mapping last.</param>
    /// <param name="cancellationToken">Ends the waits; everything is undone.</param>
    /// <exception cref="DmaBufException">
    /// ENODEV: revoked; ENOMEM: the function returned nothing; EOPNOTSUPP: it would cost more than agreed; EDEADLK: the lock is held by this thread;
    /// else the exporter's errno. Everything is undone.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The attachment was detached.</exception>
    protected TMapping Map<TMapping, TArguments>(
        TArguments arguments, MapFunction<TMapping, TArguments> map, CancellationToken cancellationToken = default)
        where TMapping : Mapping
    {
        ArgumentNullException.ThrowIfNull(map);
        TMapping mapping;
        bool mustWait;
        using (ReservationLock held = Buffer.Reservation.Lock(cancellationToken))
        {
            mapping = MapHeld(held.Lend(), arguments, map);
            mustWait = !IsDynamic && Buffer.Reservation.HasPending(FenceUsage.Kernel);
        }

        if (mustWait)
        {
            WaitForArrival(mapping, cancellationToken);
        }

        return mapping;
    }

    /// <summary>
    /// The same with the lock held by the caller. A static importer's wait for the memory to arrive then happens under the lock, as in the kernel.
    /// </summary>
    protected TMapping MapLocked<TMapping, TArguments>(
        in ReservationLock held, TArguments arguments, MapFunction<TMapping, TArguments> map, CancellationToken cancellationToken = default)
        where TMapping : Mapping
    {
        ArgumentNullException.ThrowIfNull(map);
        Buffer.Reservation.ThrowIfNotHeldBy(in held);
        TMapping mapping = MapHeld(held.Lend(), arguments, map);
        if (!IsDynamic && Buffer.Reservation.HasPending(FenceUsage.Kernel))
        {
            WaitForArrival(mapping, cancellationToken);
        }

        return mapping;
    }

    /// <summary>Unmaps one mapping of this attachment, without the lock; the typed unmap calls use it.</summary>
    /// <exception cref="DmaBufException">EINVAL: a mapping of another attachment, or unmapped before. EDEADLK: the lock is held by this thread.</exception>
    protected void Unmap(Mapping mapping)
    {
        ThrowIfForeign(mapping);
        Buffer.Reservation.ThrowIfHeldByCurrentThread("Unmapping");
        if (Close(mapping) == GateEffect.TearDown)
        {
            TearDown(mapping);
        }
    }

    /// <summary>The same with the lock held by the caller.</summary>
    protected void UnmapLocked(in ReservationLock held, Mapping mapping)
    {
        ThrowIfForeign(mapping);
        Buffer.Reservation.ThrowIfNotHeldBy(in held);
        if (Close(mapping) == GateEffect.TearDown && TearDownLocked(mapping, held.Lend()))
        {
            Buffer.DropReference();
        }
    }

    internal void TearDown(Mapping mapping)
    {
        bool ownedReference;
        using (Buffer.Reservation.LockOrJoin(out ReservationLock held))
        {
            ownedReference = TearDownLocked(mapping, held.Lend());
        }

        if (ownedReference)
        {
            Buffer.DropReference();
        }

        if (IsDisposed)
        {
            DetachIfDrained();
        }
    }

    /// <summary>Undoes a mapping, once. True: it owned a reference to the buffer, which the caller drops, best after it has left the lock.</summary>
    internal bool TearDownLocked(Mapping mapping, in ReservationLock held)
    {
        if ((mapping.Flags & MappingFlags.TornDown) != 0)
        {
            return false;
        }

        mapping.Flags |= MappingFlags.TornDown;
        if ((mapping.Flags & MappingFlags.Taken) != 0)
        {
            ReleaseTakenByExporter(mapping, in held);
            ForgetTakenLocked(mapping);
            return true;
        }

        UnmapByExporter(mapping, in held);
        ForgetLocked(mapping, in held);
        return false;
    }

    /// <summary>At a revoke's deadline: undoes the mapping, or takes the memory away under those who are inside. False: it cannot be taken.</summary>
    internal bool ForceLocked(Mapping mapping, in ReservationLock held)
    {
        // First what a late unmap or access reads without the lock once it finds the gate closed.
        mapping.Flags |= MappingFlags.Forced;
        mapping.CloseForRevoke();
        if (mapping.Gate.Inside == 0)
        {
            mapping.CloseForUnmap();
            TearDownLocked(mapping, in held);
            return true;
        }

        if (!TryTakeAway(mapping, in held))
        {
            mapping.Flags &= ~MappingFlags.Forced;
            return false;
        }

        mapping.Flags |= MappingFlags.Taken;
        ForgetLocked(mapping, in held);

        // Who is inside still ends with a call to the exporter, which therefore must not be released before.
        Buffer.TakeReferenceLocked();
        mapping.Next = _taken;
        _taken = mapping;
        return true;
    }

    private bool TryTakeAway(Mapping mapping, in ReservationLock held)
    {
        try
        {
            return mapping.TryTakeAway(in held);
        }
        catch (Exception exception)
        {
            Buffer.ReportBrokenPromise($"taking '{Type}' away from '{Importer}'", exception);
            return false;
        }
    }

    private void ForgetTakenLocked(Mapping mapping)
    {
        Mapping? before = null;
        for (Mapping? taken = _taken; taken is not null; before = taken, taken = taken.Next)
        {
            if (!ReferenceEquals(taken, mapping))
            {
                continue;
            }

            if (before is null)
            {
                _taken = taken.Next;
            }
            else
            {
                before.Next = taken.Next;
            }

            taken.Next = null;
            return;
        }
    }

    internal void InvalidateLocked(InvalidateReason reason)
    {
        for (Mapping? mapping = _mappings; mapping is not null; mapping = mapping.Next)
        {
            mapping.Flags |= MappingFlags.Invalidated;
            if (reason == InvalidateReason.Revoke)
            {
                mapping.CloseForRevoke();
            }
        }

        _status = Transition(AttachmentEvent.Invalidate, "Invalidating");
    }

    /// <summary>Accesses inside all live mappings. The lock is held.</summary>
    internal int AccessesInside
    {
        get
        {
            int inside = 0;
            for (Mapping? mapping = _mappings; mapping is not null; mapping = mapping.Next)
            {
                inside += mapping.Gate.Inside;
            }

            return inside;
        }
    }

    private TMapping MapHeld<TMapping, TArguments>(ReservationLock held, TArguments arguments, MapFunction<TMapping, TArguments> map)
        where TMapping : Mapping
    {
        ThrowIfGone();
        Buffer.ThrowIfNotLive("Mapping", Importer);
        _ = Transition(AttachmentEvent.Map, "Mapping");
        FaultPoint.Check(FaultSite.MappingAllocation);
        IPinningExporter? pinning = IsDynamic ? null : Buffer.Pinning;
        pinning?.Pin(this, in held);
        Mapping? made = null;
        TMapping? mapping = null;
        bool mapped = false;
        try
        {
            MapTicket ticket = new(this, ref made, in held);
            mapping = map(in ticket, arguments);
            ThrowIfNotFresh(mapping, made);
            if ((mapping.Cost & ~CostBound) != 0)
            {
                throw new DmaBufException(
                    Errno.EOPNOTSUPP,
                    $"Mapping '{Buffer.DisplayName}' for '{Importer}' would cost {mapping.Cost}, but {CostBound} was agreed on. Attach again with a ceiling that permits it.");
            }

            // Pinning and mapping may have moved the memory and so changed this very attachment; the event happens to what it is now.
            ThrowIfGone();
            _status = Transition(AttachmentEvent.Map, "Mapping");
            mapping.Flags = pinning is null ? MappingFlags.Linked : MappingFlags.Linked | MappingFlags.Pinned;
            Link(mapping);
            mapped = true;
            return mapping;
        }
        finally
        {
            if (!mapped)
            {
                UndoMap(ReferenceEquals(mapping, made) ? mapping : null, pinning, in held);
            }
        }
    }

    private void UndoMap(Mapping? mapping, IPinningExporter? pinning, in ReservationLock held)
    {
        if (mapping is not null)
        {
            mapping.CloseForUnmap();
            mapping.Flags |= MappingFlags.TornDown;
            UnmapByExporter(mapping, in held);
        }

        if (pinning is not null)
        {
            UnpinByExporter(in held);
        }
    }

    private void ReleaseTakenByExporter(Mapping mapping, in ReservationLock held)
    {
        try
        {
            mapping.ReleaseTaken(in held);
        }
        catch (Exception exception)
        {
            Buffer.ReportBrokenPromise($"releasing what was taken away of '{Type}' from '{Importer}'", exception);
        }
    }

    private void UnmapByExporter(Mapping mapping, in ReservationLock held)
    {
        try
        {
            mapping.Unmap(in held);
        }
        catch (Exception exception)
        {
            Buffer.ReportBrokenPromise($"unmapping '{Type}' for '{Importer}'", exception);
        }
    }

    private void WaitForArrival(Mapping mapping, CancellationToken cancellationToken)
    {
        bool arrived = false;
        try
        {
            Buffer.Reservation.Snapshot(FenceUsage.Kernel).Wait(Timeout.InfiniteTimeSpan, cancellationToken);
            Buffer.ThrowIfNotLive("Mapping", Importer);
            arrived = true;
        }
        finally
        {
            if (!arrived)
            {
                mapping.Dispose();
            }
        }
    }

    private void ThrowIfNotFresh(Mapping? mapping, Mapping? made)
    {
        if (mapping is null)
        {
            throw new DmaBufException(Errno.ENOMEM, $"Mapping '{Buffer.DisplayName}' for '{Importer}' returned nothing.");
        }

        if (!ReferenceEquals(mapping, made))
        {
            throw new InvalidOperationException($"A map of '{Type}' returned a mapping that was not made from its ticket; each map makes a new one.");
        }
    }

    private GateEffect Close(Mapping mapping)
    {
        GateEffect effect = mapping.CloseForUnmap();
        return effect != GateEffect.RefusedUnmapped
            ? effect
            : (mapping.Flags & MappingFlags.Forced) != 0
                ? GateEffect.None
                : throw new DmaBufException(
                    Errno.EINVAL, $"Unmapping '{Buffer.DisplayName}' for '{Importer}' was refused: this mapping was unmapped before. Unmap once.");
    }

    private void ThrowIfForeign(Mapping mapping)
    {
        ArgumentNullException.ThrowIfNull(mapping);
        if (!ReferenceEquals(mapping.Attachment, this))
        {
            throw new DmaBufException(
                Errno.EINVAL,
                $"Unmapping for '{Importer}' on '{Buffer.DisplayName}' was refused: the mapping belongs to '{mapping.Attachment.Importer}'. Unmap it there.");
        }
    }

    private void ForgetLocked(Mapping mapping, in ReservationLock held)
    {
        Debug.Assert((mapping.Flags & MappingFlags.Linked) != 0, "Only a linked mapping is counted.");
        Unlink(mapping);
        bool invalidated = (mapping.Flags & MappingFlags.Invalidated) != 0;
        _status = Transition(invalidated ? AttachmentEvent.UnmapInvalidated : AttachmentEvent.Unmap, "Unmapping");
        if ((mapping.Flags & MappingFlags.Pinned) != 0)
        {
            UnpinByExporter(in held);
        }

        mapping.Flags &= ~(MappingFlags.Linked | MappingFlags.Pinned);
        if (_status.LiveMappings == 0)
        {
            IsQuarantined = false;
        }

        Buffer.MappingGoneLocked();
    }

    private void Link(Mapping mapping)
    {
        mapping.Next = _mappings;
        _mappings?.Previous = mapping;
        _mappings = mapping;
        Buffer.MappingMadeLocked();
    }

    private void Unlink(Mapping mapping)
    {
        if (mapping.Previous is { } previous)
        {
            previous.Next = mapping.Next;
        }
        else
        {
            _mappings = mapping.Next;
        }

        mapping.Next?.Previous = mapping.Previous;
        mapping.Next = null;
        mapping.Previous = null;
    }
}
