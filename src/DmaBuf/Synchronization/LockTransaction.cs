using System.Diagnostics;

namespace DmaBuf;

/// <summary>
/// What a ticket stands for (<c>ww_acquire_ctx</c>). Everything belongs to the ticket's own thread, except the wound, which comes from anybody.
/// </summary>
internal sealed class LockTransaction
{
    private static ulong s_lastStamp;

    private readonly List<Reservation> _held = [];
    private int _wounded;
    private ReservationWaiter? _waiter;

    public ulong Stamp { get; } = NextStamp();

    public bool IsDisposed { get; private set; }

    public int HeldCount => _held.Count;

    /// <summary>What it was asked to lock when it learned that it has to back off.</summary>
    public Reservation? Contended { get; private set; }

    /// <summary>How the rules see it.</summary>
    public LockParty Party => new(Stamp, HasTicket: true, IsWounded: Volatile.Read(ref _wounded) != 0, _held.Count);

    public static ulong NextStamp() => Interlocked.Increment(ref s_lastStamp);

    /// <summary>Takes one reservation; false if everything has to be let go first.</summary>
    public bool TryLock(Reservation reservation, CancellationToken cancellationToken)
    {
        // Who holds nothing stands in nobody's way: a wound received before is healed.
        if (_held.Count == 0)
            Volatile.Write(ref _wounded, 0);

        // Room first: what has been locked must not be lost because the list could not grow.
        _held.EnsureCapacity(_held.Count + 1);
        if (WoundWait.MustBackOff(Party) || !reservation.Acquire(this, cancellationToken))
        {
            Contended = reservation;
            return false;
        }

        _held.Add(reservation);
        Contended = null;
        return true;
    }

    public void Unlock(Reservation reservation)
    {
        _held.Remove(reservation);
        reservation.Release(this);
    }

    public void UnlockAll()
    {
        while (_held.Count > 0)
        {
            Reservation last = _held[^1];
            _held.RemoveAt(_held.Count - 1);
            last.Release(this);
        }
    }

    public void Dispose()
    {
        UnlockAll();
        IsDisposed = true;
    }

    /// <summary>An older transaction wants something that this one holds. Called under the queue lock of that reservation.</summary>
    public void Wound()
    {
        // The two exchanges, here and in BeginWait, are full fences: either the waiter sees the wound, or this sees the waiter.
        Interlocked.Exchange(ref _wounded, 1);
        Volatile.Read(ref _waiter)?.Wake();
    }

    public void BeginWait(ReservationWaiter waiter)
    {
        Debug.Assert(_waiter is null, "A transaction waits for one reservation at a time.");
        Interlocked.Exchange(ref _waiter, waiter);
        if (Volatile.Read(ref _wounded) != 0)
            waiter.Wake();
    }

    public void EndWait() => Volatile.Write(ref _waiter, null);
}
