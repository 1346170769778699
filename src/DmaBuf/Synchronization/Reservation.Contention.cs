using System.Diagnostics;

namespace DmaBuf;

// The slow side: waiting, handing over, wounding. All under the queue lock; the decisions themselves are in WoundWait.
public sealed partial class Reservation
{
    // Guards the queue, the holding transaction, and every change to the contended mark.
    private readonly Lock _queueLock = new();
    private List<ReservationWaiter>? _waiters;

    // Whose ticket holds it; null while it is free or held without one.
    private LockTransaction? _holder;

    /// <summary>How many wait in the queue; a moment's answer.</summary>
    internal int WaiterCount
    {
        get
        {
            lock (_queueLock)
                return _waiters?.Count ?? 0;
        }
    }

    private bool HasWaiters => _waiters is { Count: > 0 };

    /// <summary>Does this transaction hold it? Only the thread of the transaction itself gets an answer that lasts.</summary>
    internal bool IsHeldByTransaction(LockTransaction transaction) => ReferenceEquals(Volatile.Read(ref _holder), transaction);

    /// <summary>The proof of a transaction that holds it.</summary>
    internal ReservationLock ProofFor(LockTransaction transaction)
    {
        Debug.Assert(IsHeldByTransaction(transaction), "Only the holder is given a proof.");
        return new ReservationLock(this, CurrentHold);
    }

    /// <summary>Takes it for a transaction, waiting if need be.</summary>
    /// <returns>False if the transaction has to back off.</returns>
    internal bool Acquire(LockTransaction transaction, CancellationToken cancellationToken)
    {
        ReservationLockOrder.CheckBeforeLock(this, transaction);
        if (IsHeldByCurrentThread)
        {
            throw new DmaBufException(Errno.EINVAL,
                "A ticket was asked to lock a reservation that this thread holds already by other means, so it would wait for itself; "
                + "leave that lock first and lock everything with one ticket");
        }

        if (!TryWait(new ReservationWaiter(transaction.Party, transaction), cancellationToken, out ulong hold))
            return false;
        ReservationLockOrder.Record(this, hold, transaction);
        return true;
    }

    /// <summary>Ends the hold of a transaction.</summary>
    internal void Release(LockTransaction transaction)
    {
        Debug.Assert(IsHeldByTransaction(transaction), "Only the holder lets go.");
        lock (_queueLock)
            HandOverOrFree();
    }

    private ulong WaitWithoutTicket(CancellationToken cancellationToken)
    {
        if (IsHeldByCurrentThread)
            ThrowHeldByCurrentThread("Reservation.Lock");

        // Holds are short: a moment of spinning is cheaper than a sleep.
        var spin = new SpinWait();
        while (!spin.NextSpinWillYield)
        {
            spin.SpinOnce();
            if (TryTakeFree(out ulong free))
                return free;
        }

        bool taken = TryWait(new ReservationWaiter(LockParty.WithoutTicket(LockTransaction.NextStamp()), null), cancellationToken, out ulong hold);
        Debug.Assert(taken, "Nobody without a ticket is ever told to back off.");
        return hold;
    }

    private bool TryWait(ReservationWaiter waiter, CancellationToken cancellationToken, out ulong hold)
    {
        lock (_queueLock)
        {
            LockDecision decision;
            do
            {
                decision = WoundWait.OnRequest(PartyInTheWay(), waiter.Party);
                if (decision == LockDecision.Take && TryTake(waiter, out hold))
                    return true;
            }
            while (decision == LockDecision.Take); // Somebody on the fast path was faster.

            if (decision == LockDecision.BackOff)
            {
                ClearContendedIfNobodyWaits();
                hold = 0;
                return false;
            }

            if (decision == LockDecision.WoundHolderAndWait)
                _holder!.Wound();
            (_waiters ??= []).Add(waiter);
        }

        waiter.Transaction?.BeginWait(waiter);
        try
        {
            return SleepUntilDecided(waiter, cancellationToken, out hold);
        }
        finally
        {
            waiter.Transaction?.EndWait();
        }
    }

    /// <summary>
    /// Null if the lock is free and nobody waits for it; otherwise who holds it, and then it is marked contended, so that its holder hands it over. The queue
    /// lock is held.
    /// </summary>
    private LockParty? PartyInTheWay()
    {
        while (true)
        {
            ulong word = Volatile.Read(ref _word);
            if ((word & HeldBit) == 0)
            {
                if (!HasWaiters)
                    return null;
                TryHandOver(word);
            }
            else if (_isContended)
            {
                // Without a ticket there is no age to compare: a party that nobody wounds.
                return _holder?.Party ?? LockParty.WithoutTicket(stamp: 0);
            }
            else
            {
                Volatile.Write(ref _isContended, true);
                Interlocked.MemoryBarrierProcessWide();
            }
        }
    }

    private bool TryTake(ReservationWaiter waiter, out ulong hold)
    {
        ulong word = Volatile.Read(ref _word);
        hold = HoldAfter(word, waiter);
        if ((word & StateBits) != 0 || Interlocked.CompareExchange(ref _word, hold, word) != word)
            return false;
        RecordHolder(waiter, Environment.CurrentManagedThreadId);
        ClearContendedIfNobodyWaits();
        return true;
    }

    private bool SleepUntilDecided(ReservationWaiter waiter, CancellationToken cancellationToken, out ulong hold)
    {
        while (true)
        {
            try
            {
                waiter.Wait(cancellationToken);
            }
            catch
            {
                // Canceled or interrupted: what was handed over in the meantime goes on to the next.
                Withdraw(waiter);
                throw;
            }

            lock (_queueLock)
            {
                hold = waiter.Hold;
                if (hold != 0)
                    return true;

                // Rearm first: a wound from here on wakes again.
                waiter.Rearm();
                if (waiter.Transaction is { } transaction && WoundWait.MustBackOff(transaction.Party))
                {
                    LeaveQueue(waiter);
                    return false;
                }
            }
        }
    }

    private void Withdraw(ReservationWaiter waiter)
    {
        lock (_queueLock)
        {
            if (waiter.Hold == 0)
                LeaveQueue(waiter);
            else
                HandOverOrFree();
        }
    }

    private void LeaveQueue(ReservationWaiter waiter)
    {
        _waiters!.Remove(waiter);
        ClearContendedIfNobodyWaits();
    }

    private void ClearContendedIfNobodyWaits()
    {
        if (!HasWaiters)
            Volatile.Write(ref _isContended, false);
    }

    /// <summary>The rest of an unlock that saw the mark: the lock is free already, unless somebody else has passed it on meanwhile.</summary>
    private void PassOn()
    {
        lock (_queueLock)
        {
            ulong word = Volatile.Read(ref _word);
            if ((word & HeldBit) == 0 && HasWaiters)
                TryHandOver(word);
        }
    }

    /// <summary>Ends the current hold. The queue lock is held.</summary>
    private void HandOverOrFree()
    {
        _holder = null;
        _ownerThreadId = 0;
        ulong free = Volatile.Read(ref _word) & ~StateBits;
        Volatile.Write(ref _word, free);
        if (HasWaiters)
            TryHandOver(free);
    }

    /// <summary>
    /// Gives the free lock to the oldest waiter. Somebody who looked before it was marked contended may be faster; then that one passes it on. The queue lock is
    /// held.
    /// </summary>
    private void TryHandOver(ulong free)
    {
        int index = OldestWaiter();
        ReservationWaiter next = _waiters![index];
        ulong hold = HoldAfter(free, next);
        if (Interlocked.CompareExchange(ref _word, hold, free) != free)
            return;
        _waiters.RemoveAt(index);
        RecordHolder(next, next.ThreadId);
        ClearContendedIfNobodyWaits();
        next.Grant(hold);
    }

    private int OldestWaiter()
    {
        var parties = new LockParty[_waiters!.Count];
        for (int i = 0; i < parties.Length; i++)
            parties[i] = _waiters[i].Party;
        return WoundWait.Successor(parties);
    }

    private void RecordHolder(ReservationWaiter waiter, int threadId)
    {
        _holder = waiter.Transaction;
        _ownerThreadId = threadId;
    }

    private static ulong HoldAfter(ulong word, ReservationWaiter waiter) =>
        word + NextSerial + (waiter.Transaction is null ? HeldBit : HeldBit | TicketBit);
}
