namespace DmaBuf;

/// <summary>
/// The right to lock several reservations in one operation without deadlock (<c>ww_acquire_ctx</c>): older tickets never back off, younger ones may have to.
/// </summary>
/// <remarks>
/// Used by one thread at a time. Take all locks, do the work, dispose. Whoever gets EDEADLK calls <see cref="BackOff"/> and takes them again with the same ticket, which
/// keeps its age; <see cref="LockAll"/> does so by itself.
/// </remarks>
public sealed class ReservationTicket : IDisposable
{
    private static long s_lastStamp;

    private readonly long _stamp = NextStamp();
    private readonly List<(Reservation Reservation, long Hold)> _held = [];
    private volatile bool _wounded;

    /// <summary>True once an older ticket wants a lock that this one holds: the next lock is refused with EDEADLK.</summary>
    public bool IsWounded => _wounded;

    internal LockStanding Standing => new(_stamp, true, _held.Count > 0, _wounded);

    internal ReservationWaiter? WaitingFor { get; set; }

    /// <summary>Locks several reservations at once, backing off and beginning again as often as need be. Duplicates are locked once.</summary>
    /// <param name="reservations">What to lock, in any order.</param>
    /// <returns>The ticket that holds them all; dispose it to unlock them.</returns>
    /// <exception cref="DmaBufException">EDEADLK: this thread holds one of them already, outside the ticket.</exception>
    public static ReservationTicket LockAll(params ReadOnlySpan<Reservation> reservations)
    {
        foreach (Reservation reservation in reservations)
        {
            ArgumentNullException.ThrowIfNull(reservation, nameof(reservations));
        }

        ReservationTicket ticket = new();
        try
        {
            Reservation? contended = null;
            while (!ticket.TryLockEach(reservations, ref contended))
            {
                ticket.BackOff();
            }

            return ticket;
        }
        catch
        {
            ticket.Dispose();
            throw;
        }
    }

    /// <summary>Locks one more reservation, waiting if need be.</summary>
    /// <param name="reservation">What to lock; one that this ticket holds already is EINVAL.</param>
    /// <param name="cancellationToken">Ends the wait; what was held stays held.</param>
    /// <returns>The proof; disposing it unlocks this one alone.</returns>
    /// <exception cref="DmaBufException">
    /// EDEADLK: wounded by an older ticket: <see cref="BackOff"/> and begin again. EINVAL: held by this ticket already.
    /// </exception>
    public ReservationLock Lock(Reservation reservation, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reservation);
        if (Holds(reservation))
        {
            throw new DmaBufException(Errno.EINVAL, "Locking a reservation was refused: this ticket holds it already. Use Proof to get its proof.");
        }

        if (_wounded && _held.Count > 0)
        {
            throw MustBackOff();
        }

        ReservationLock held = reservation.LockWith(this, cancellationToken);
        lock (ReservationQueue.Contention)
        {
            _held.Add((reservation, held.Hold));
        }

        return held;
    }

    /// <summary>Whether this ticket holds a reservation.</summary>
    public bool Holds(Reservation reservation)
    {
        ArgumentNullException.ThrowIfNull(reservation);
        return ReferenceEquals(reservation.Holder, this);
    }

    /// <summary>The proof for a reservation that this ticket holds.</summary>
    /// <exception cref="DmaBufException">EINVAL: it does not.</exception>
    public ReservationLock Proof(Reservation reservation)
    {
        ArgumentNullException.ThrowIfNull(reservation);
        foreach ((Reservation held, long hold) in _held)
        {
            if (ReferenceEquals(held, reservation) && Holds(reservation))
            {
                return new ReservationLock(held, hold);
            }
        }

        throw new DmaBufException(Errno.EINVAL, "The ticket does not hold this reservation. Lock it with the ticket first.");
    }

    /// <summary>Unlocks everything, so that an older ticket can go on. The ticket keeps its age.</summary>
    public void BackOff()
    {
        List<(Reservation Reservation, long Hold)> held;
        lock (ReservationQueue.Contention)
        {
            held = [.. _held];
            _held.Clear();
            _wounded = false;
        }

        foreach ((Reservation reservation, long hold) in held)
        {
            reservation.Unlock(hold);
        }
    }

    /// <summary>Unlocks everything. Idempotent, never throws.</summary>
    public void Dispose() => BackOff();

    internal static long NextStamp() => Interlocked.Increment(ref s_lastStamp);

    internal static DmaBufException MustBackOff() => new(
        Errno.EDEADLK, "Locking a reservation was refused because an older ticket wants one that this ticket holds. Back off, and lock all of them again.");

    /// <summary>An older ticket wants what this one holds; the contention lock is held.</summary>
    internal void Wound()
    {
        _wounded = true;
        WaitingFor?.Wound();
    }

    /// <summary>Takes the one that was contended last time first, since waiting for it with empty hands cannot be refused.</summary>
    private bool TryLockEach(ReadOnlySpan<Reservation> reservations, ref Reservation? contended)
    {
        Reservation? trying = contended;
        try
        {
            if (trying is not null)
            {
                Lock(trying);
            }

            foreach (Reservation reservation in reservations)
            {
                trying = reservation;
                if (!Holds(reservation))
                {
                    Lock(reservation);
                }
            }

            return true;
        }
        catch (DmaBufException failure) when (failure.Errno == Errno.EDEADLK && _wounded)
        {
            contended = trying;
            return false;
        }
    }
}
