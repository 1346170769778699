using System.Diagnostics.CodeAnalysis;

namespace DmaBuf;

/// <summary>One who waits in the queue of a reservation: a thread that sleeps until it is handed the lock or has to look again.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The event is never disposed: a late wake-up may still come, and without a wait handle it holds nothing.")]
internal sealed class ReservationWaiter(LockParty party, LockTransaction? transaction)
{
    private readonly ManualResetEventSlim _wake = new();

    public LockParty Party => party;

    public LockTransaction? Transaction => transaction;

    public int ThreadId { get; } = Environment.CurrentManagedThreadId;

    /// <summary>The hold that was handed over, or 0. Guarded by the queue lock of the reservation.</summary>
    public ulong Hold { get; private set; }

    public void Grant(ulong hold)
    {
        Hold = hold;
        _wake.Set();
    }

    /// <summary>Makes the waiter look again: it may have been wounded.</summary>
    public void Wake() => _wake.Set();

    public void Rearm() => _wake.Reset();

    public void Wait(CancellationToken cancellationToken) => _wake.Wait(cancellationToken);
}
