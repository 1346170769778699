namespace DmaBuf.Machine;

/// <summary>
/// A dynamic importer's table through the buffer's moves. Work enters the present mapping; a move retires it, so that the next work maps anew; a retired mapping is
/// unmapped when the last work inside has left. All state is guarded by the buffer's reservation.
/// </summary>
internal sealed class MovingTable(ScatterGatherAttachment attachment, DmaDirection direction)
{
    private Entered? _present;

    internal ScatterGatherAttachment Attachment => attachment;

    /// <summary>How many times the buffer was mapped; a number for tests and dumps.</summary>
    internal int MapCount { get; private set; }

    /// <summary>Enters the present mapping, or a new one. Nothing was entered if it throws.</summary>
    internal Entered Enter(in ReservationLock held)
    {
        if (_present is null)
        {
            _present = new Entered(attachment.MapScatterGatherLocked(in held, direction));
            MapCount++;
        }

        _present.Users++;
        return _present;
    }

    internal void Leave(Entered entered)
    {
        using ReservationLock held = attachment.Buffer.Reservation.Lock();
        Leave(in held, entered);
    }

    internal void Leave(in ReservationLock held, Entered entered)
    {
        entered.Users--;
        UnmapIfUnused(in held, entered);
    }

    /// <summary>From now on the present mapping is for the work that is inside alone.</summary>
    internal void Retire(in ReservationLock held)
    {
        if (_present is { } entered)
        {
            _present = null;
            entered.IsRetired = true;
            UnmapIfUnused(in held, entered);
        }
    }

    private void UnmapIfUnused(in ReservationLock held, Entered entered)
    {
        if (entered is { Users: 0, IsRetired: true })
        {
            attachment.UnmapScatterGatherLocked(in held, entered.Mapping);
        }
    }

    /// <summary>One mapping, and how much work is inside.</summary>
    internal sealed class Entered(ScatterGatherMapping mapping)
    {
        internal ScatterGatherMapping Mapping => mapping;

        internal int Users { get; set; }

        internal bool IsRetired { get; set; }
    }
}
