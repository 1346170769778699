using System.Diagnostics;

namespace DmaBuf;

/// <content>Unmap: by the importer, by the last access to leave, or because something ends; the exporter hears of it once.</content>
public abstract partial class Attachment
{
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

        Buffer.MappingGoneLocked(mapping);
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
