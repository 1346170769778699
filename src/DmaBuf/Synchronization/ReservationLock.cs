namespace DmaBuf;

/// <summary>
/// The proof that a reservation's lock is held, passed to every call that needs it: such a call without a proof does not compile, and a stale proof is refused with EINVAL.
/// Being a ref struct, it cannot be kept over an <c>await</c>.
/// </summary>
public readonly ref struct ReservationLock
{
    internal ReservationLock(Reservation reservation, long hold)
    {
        Reservation = reservation;
        Hold = hold;
    }

    /// <summary>The reservation; null only for a default value, which proves nothing.</summary>
    public Reservation Reservation { get; }

    internal long Hold { get; }

    /// <summary>Leaves the lock. A second call, or a call on a copy, does nothing: it cannot end somebody else's hold.</summary>
    public void Dispose() => Reservation?.Unlock(Hold);
}
