namespace DmaBuf;

/// <content>The end of an attachment: detach, which refuses while something lives, and dispose, which undoes it.</content>
public abstract partial class Attachment
{
    /// <summary>Disposed, though it may stay listed until the last access has left.</summary>
    internal bool IsDisposed => (_flags & AttachmentFlags.DetachWhenDrained) != 0;

    /// <summary>Detaches. Refuses while a mapping or a pin lives and then changes nothing.</summary>
    /// <exception cref="DmaBufException">
    /// EBUSY: unmap or unpin first. EINVAL: its attach failed or has not ended yet. EDEADLK: the reservation lock is held by this thread.
    /// </exception>
    /// <exception cref="ObjectDisposedException">It was detached or disposed before.</exception>
    public void Detach()
    {
        DmaBuffer buffer = Buffer;
        bool last;
        int owned = 0;
        using (ReservationLock held = buffer.Reservation.Lock())
        {
            ThrowIfGone();
            if (ImportsInsideAttach)
            {
                EndImportLocked(held.Lend());
            }

            (AttachmentStatus next, Errno refused) = AttachmentStatus.Detach(in _status);
            if (refused != Errno.None)
            {
                ThrowNotDetachable(refused);
            }

            _status = next;
            if (_taken is not null)
            {
                owned = CloseTakenLocked(held.Lend());
            }

            last = buffer.UnlistLocked(this);
        }

        buffer.TellDetached(this, last);
        buffer.DropReferences(owned);
    }

    /// <summary>
    /// Unmaps and unpins what is left, then detaches. Idempotent, never throws; what was left is reported to the registry. With accesses inside a
    /// mapping, the last one to leave finishes the work.
    /// </summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Does the work of <see cref="Dispose()"/>. A type that owns more overrides it and calls the base last.</summary>
    /// <param name="disposing">Always true: attachments have no finalizer.</param>
    protected virtual void Dispose(bool disposing)
    {
        int owned;
        using (Buffer.Reservation.LockOrJoin(out ReservationLock held))
        {
            if (_status.Phase != AttachmentPhase.Listed || IsDisposed)
            {
                return;
            }

            if (ImportsInsideAttach)
            {
                EndImportLocked(held.Lend());
            }

            if (_status.LiveMappings > 0 || _status.Pins > 0)
            {
                Buffer.Registry.Report(
                    DmaBufferProblemKind.DisposedWithLeftovers,
                    $"'{Importer}' disposed its attachment to '{Buffer.DisplayName}' with {_status.LiveMappings} mappings and {_status.Pins} pins; they were undone.");
            }

            owned = UndoEverythingLocked(held.Lend());
            _flags |= AttachmentFlags.DetachWhenDrained;
        }

        DetachIfDrained();
        Buffer.DropReferences(owned);
    }

    private int UndoEverythingLocked(ReservationLock held)
    {
        Mapping? mapping = _mappings;
        while (mapping is not null)
        {
            Mapping? next = mapping.Next;
            if (mapping.CloseForUnmap() == GateEffect.TearDown)
            {
                TearDownLocked(mapping, in held);
            }

            mapping = next;
        }

        while (_status.Pins > 0)
        {
            Unpin(in held);
        }

        return CloseTakenLocked(held);
    }

    /// <summary>Finishes a dispose once no mapping is left: called after each tear-down, without the lock.</summary>
    private void DetachIfDrained()
    {
        bool last;
        using (Buffer.Reservation.LockOrJoin(out _))
        {
            if (!IsDisposed || _status.Phase != AttachmentPhase.Listed || _status.LiveMappings > 0)
            {
                return;
            }

            _status = Transition(AttachmentEvent.Detach, nameof(Detach));
            last = Buffer.UnlistLocked(this);
        }

        Buffer.AfterDetach(this, last);
    }

    private void ThrowNotDetachable(Errno refused) => throw new DmaBufException(
        refused,
        refused == Errno.EBUSY
            ? $"Detaching '{Importer}' from '{Buffer.DisplayName}' was refused: {_status.LiveMappings} mappings and {_status.Pins} pins live. Unmap and unpin them first."
            : $"Detaching '{Importer}' from '{Buffer.DisplayName}' was refused: it is not attached, its attach failed or has not ended yet. There is nothing to detach.");
}
