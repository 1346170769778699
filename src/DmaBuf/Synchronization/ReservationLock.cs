namespace DmaBuf;

/// <summary>
/// The proof that a reservation is locked (<c>dma_resv_held</c>, as a value): every method that needs the lock takes it as an <c>in</c>
/// parameter. Made by <see cref="Reservation.Lock"/>, <see cref="Reservation.TryLock"/> and <see cref="ReservationTicket"/>.
/// </summary>
/// <remarks>
/// <para>Being a ref struct it stays on the stack of the thread that locked: the compiler refuses to keep it in a field, to capture it or to carry it across
/// an <c>await</c>. So no await is ever reached with a lock held.</para>
/// <para>A proof names one hold. Once that hold has ended, the proof and all its copies are stale: methods refuse them with EINVAL, and
/// disposing them does nothing, even if somebody else holds the lock by then.</para>
/// <para>Used by one thread, the one that locked.</para>
/// </remarks>
public readonly ref struct ReservationLock : IDisposable
{
    private readonly Reservation? _reservation;
    private readonly ulong _hold;
    private readonly bool _isLent;

    internal ReservationLock(Reservation reservation, ulong hold, bool isLent = false)
    {
        _reservation = reservation;
        _hold = hold;
        _isLent = isLent;
    }

    /// <summary>The reservation that is, or was, locked.</summary>
    /// <exception cref="DmaBufException">EINVAL: this value is <c>default</c>, which proves nothing.</exception>
    public Reservation Reservation => _reservation ?? throw new DmaBufException(
        Errno.EINVAL, "A default ReservationLock proves nothing; pass the value that Lock returned");

    internal Reservation? ReservationOrNull => _reservation;

    /// <summary>False once the hold has ended, and for a <c>default</c> value.</summary>
    public bool IsHeld => _reservation is not null && _reservation.IsCurrentHold(_hold);

    internal ulong Hold => _hold;

    /// <summary>
    /// Unlocks, once. A proof that came from a <see cref="ReservationTicket"/>, or that was handed to a callback, does nothing here: who made it owns the lock
    /// and releases it.
    /// </summary>
    public void Dispose()
    {
        if (!_isLent)
            _reservation?.Unlock(_hold);
    }

    /// <summary>The same proof for a callback: whatever it does with it, the lock stays held until its owner leaves it.</summary>
    internal ReservationLock Lend() => _reservation is null ? default : new ReservationLock(_reservation, _hold, isLent: true);
}
