namespace DmaBuf;

/// <summary>Those who wait for one reservation. Guarded by the contention lock, which all reservations share: waiting is the cold path.</summary>
internal sealed class ReservationQueue
{
    private readonly List<ReservationWaiter> _waiters = [];

    /// <summary>The leaf lock of all waiting and wounding.</summary>
    internal static Lock Contention { get; } = new();

    internal int Count => _waiters.Count;

    internal ReservationWaiter? Oldest => NextIndex() is >= 0 and int index ? _waiters[index] : null;

    internal void Add(ReservationWaiter waiter)
    {
        _waiters.Add(waiter);
        waiter.Ticket?.WaitingFor = waiter;
    }

    internal bool Remove(ReservationWaiter waiter) => _waiters.Remove(waiter);

    internal ReservationWaiter? TakeNext()
    {
        ReservationWaiter? next = Oldest;
        if (next is not null)
        {
            _waiters.Remove(next);
        }

        return next;
    }

    private int NextIndex()
    {
        Span<LockStanding> standings = _waiters.Count <= 32 ? stackalloc LockStanding[_waiters.Count] : new LockStanding[_waiters.Count];
        for (int index = 0; index < standings.Length; index++)
        {
            standings[index] = _waiters[index].Standing;
        }

        return WoundWait.Next(standings);
    }
}
