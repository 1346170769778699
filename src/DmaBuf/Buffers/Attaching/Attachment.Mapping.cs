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
            mapping = MapHeld(held.Lend(), arguments, map, AttachmentEvent.Map);
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
        TMapping mapping = MapHeld(held.Lend(), arguments, map, AttachmentEvent.Map);
        if (!IsDynamic && Buffer.Reservation.HasPending(FenceUsage.Kernel))
        {
            WaitForArrival(mapping, cancellationToken);
        }

        return mapping;
    }

    private protected TMapping MapHeld<TMapping, TArguments>(
        ReservationLock held, TArguments arguments, MapFunction<TMapping, TArguments> map, AttachmentEvent happened)
        where TMapping : Mapping
    {
        ThrowIfGone();
        Buffer.ThrowIfNotLive("Mapping", Importer);
        _ = Transition(happened, "Mapping");
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
            _status = Transition(happened, "Mapping");
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

    private void Link(Mapping mapping)
    {
        mapping.Next = _mappings;
        _mappings?.Previous = mapping;
        _mappings = mapping;
        Buffer.MappingMadeLocked(mapping);
    }
}
