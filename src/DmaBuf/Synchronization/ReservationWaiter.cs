using System.Diagnostics.CodeAnalysis;

namespace DmaBuf;

/// <summary>One who waits for a reservation. Its outcome is written once, under the contention lock.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "Whoever finishes the wait may still be inside Set; without a wait handle the event holds nothing.")]
internal sealed class ReservationWaiter
{
    private readonly ManualResetEventSlim _finished = new();
    private readonly Reservation _reservation;
    private readonly long _stamp;

    internal ReservationWaiter(Reservation reservation, ReservationTicket? ticket)
    {
        _reservation = reservation;
        Ticket = ticket;
        _stamp = ticket?.Standing.Stamp ?? ReservationTicket.NextStamp();
        ThreadId = Environment.CurrentManagedThreadId;
    }

    internal ReservationTicket? Ticket { get; }

    internal int ThreadId { get; }

    internal WoundWaitOutcome Outcome { get; private set; }

    internal LockStanding Standing => Ticket?.Standing ?? new LockStanding(_stamp, false, false, false);

    internal void Finish(WoundWaitOutcome outcome)
    {
        Outcome = outcome;
        Ticket?.WaitingFor = null;
        _finished.Set();
    }

    /// <summary>The ticket was wounded while it waits here; the contention lock is held.</summary>
    internal void Wound()
    {
        if (_reservation.TryLeaveQueue(this))
        {
            Finish(WoundWaitOutcome.Wounded);
        }
    }

    internal WoundWaitOutcome Wait(CancellationToken cancellationToken)
    {
        try
        {
            _finished.Wait(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            if (!GiveUp())
            {
                _reservation.UnlockGranted();
            }

            throw;
        }

        return Outcome;
    }

    /// <summary>True: the lock was not granted, and no longer will be.</summary>
    private bool GiveUp()
    {
        lock (ReservationQueue.Contention)
        {
            if (Outcome == WoundWaitOutcome.Granted)
            {
                return false;
            }

            _reservation.TryLeaveQueue(this);
            Ticket?.WaitingFor = null;
            return true;
        }
    }
}
