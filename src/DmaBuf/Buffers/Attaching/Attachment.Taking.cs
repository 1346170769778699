namespace DmaBuf;

/// <content>What a revoke does to an attachment: closes its mappings, takes the memory away, and keeps what was taken until its last user has left.</content>
public abstract partial class Attachment
{
    private Mapping? _taken;

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

    /// <summary>What the type says, or None if it throws: a revoke goes on, and trusts it with nothing.</summary>
    internal Revocability KnownRevocability
    {
        get
        {
            try
            {
                return Revocability;
            }
            catch (Exception exception)
            {
                Buffer.ReportBrokenPromise($"asking '{Type}' whether it can be taken away", exception);
                return Revocability.None;
            }
        }
    }

    internal bool IsQuarantined
    {
        get => (_flags & AttachmentFlags.Quarantined) != 0;
        set => _flags = value ? _flags | AttachmentFlags.Quarantined : _flags & ~AttachmentFlags.Quarantined;
    }

    /// <summary>
    /// Whoever ends an attachment unmaps what a revoke has taken away: who is still inside finishes the work when leaving. Returns how many references to
    /// the buffer were owned by what is gone now; the caller drops them after it has left the lock.
    /// </summary>
    private int CloseTakenLocked(ReservationLock held)
    {
        int owned = 0;
        while (_taken is { } mapping)
        {
            _taken = mapping.Next;
            mapping.Next = null;
            if (mapping.CloseForUnmap() == GateEffect.TearDown && TearDownLocked(mapping, in held))
            {
                owned++;
            }
        }

        return owned;
    }
}
