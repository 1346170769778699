using System.Runtime.CompilerServices;

namespace DmaBuf;

/// <summary>
/// A wound/wait lock that carries fences (<c>struct dma_resv</c>): it guards the state of the buffers that share it, and says when their memory is ready.
/// </summary>
/// <remarks>
/// <para>
/// <b>Ownership.</b> The lock belongs to the proof that <see cref="Lock"/> returned, or to the <see cref="ReservationTicket"/> that took it; never to a thread. The proof is
/// a ref struct, so that no <c>await</c> can be reached while it lives. The thread is remembered for one purpose: to refuse a lock that would wait for itself.
/// </para>
/// <para>
/// <b>Wound/wait.</b> Several reservations are taken with one ticket. Tickets are ordered by age. An older ticket that meets a younger holder <i>wounds</i> it and waits;
/// a wounded ticket learns EDEADLK at its next lock, or at once if it is waiting, lets everything go and begins again. A younger ticket just waits. So the oldest never
/// backs off, and nobody waits in a circle. Locking without a ticket is for one reservation alone: such a holder never waits for another, hence is never wounded.
/// </para>
/// <para>
/// <b>Lock order.</b> The exporter's device locks, then reservations (all of one operation under one ticket), then the importer's own locks. Inside, the contention lock
/// of all reservations is a leaf.
/// </para>
/// <para>Uncontended, a lock and an unlock are one interlocked operation each and allocate nothing.</para>
/// </remarks>
public sealed class Reservation
{
    private const int Free = 0;
    private const int Held = 1;
    private const int HeldWithWaiters = 2;

    private int _state;
    private int _holderThread;

    // Odd while held, even while free: a proof carries the number of its hold, so a stale one is told apart.
    private long _hold;
    private ReservationTicket? _holder;
    private ReservationQueue? _queue;
    private FenceSnapshot _fences = FenceSnapshot.Empty;

    /// <summary>True while somebody holds the lock; another thread may change it at any time.</summary>
    public bool IsLocked => Volatile.Read(ref _state) != Free;

    /// <summary>True once the fences that a reader has to wait for (WRITE and KERNEL) have signalled: what poll reports as readable.</summary>
    public bool IsReadable => !HasPending(FenceUsage.Write);

    /// <summary>True once the fences that a writer has to wait for (READ, WRITE and KERNEL) have signalled: what poll reports as writable.</summary>
    public bool IsWritable => !HasPending(FenceUsage.Read);

    internal ReservationTicket? Holder => _holder;

    private bool IsHeldByCurrentThread
        => Volatile.Read(ref _state) != Free && Volatile.Read(ref _holderThread) == Environment.CurrentManagedThreadId;

    /// <summary>Which fences an access of the CPU or of a device without fences of its own waits for (spec 2.13).</summary>
    /// <param name="direction">Bidirectional and ToDevice write, and wait for READ; FromDevice reads, and waits for WRITE.</param>
    /// <exception cref="DmaBufException">EINVAL: no such direction.</exception>
    public static FenceUsage ImplicitWaitUsage(DmaDirection direction) => direction switch
    {
        DmaDirection.FromDevice => FenceUsage.Write,
        DmaDirection.ToDevice or DmaDirection.Bidirectional => FenceUsage.Read,
        _ => throw new DmaBufException(Errno.EINVAL, $"'{(int)direction}' is no direction; use Bidirectional, ToDevice or FromDevice."),
    };

    /// <summary>Takes the lock alone (<c>dma_resv_lock</c> without a context), waiting for it if need be.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The proof that the lock is held; dispose it on the same path, soon.</returns>
    /// <exception cref="DmaBufException">EDEADLK: this thread holds the lock already.</exception>
    /// <exception cref="OperationCanceledException">The token came first; the lock is not held.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReservationLock Lock(CancellationToken cancellationToken = default)
        => Interlocked.CompareExchange(ref _state, Held, Free) == Free ? Take(null) : LockSlowly(null, cancellationToken);

    /// <summary>Takes the lock if nobody holds it (<c>dma_resv_trylock</c>).</summary>
    /// <param name="held">The proof, if it was taken.</param>
    public bool TryLock(out ReservationLock held)
    {
        if (Interlocked.CompareExchange(ref _state, Held, Free) != Free)
        {
            held = default;
            return false;
        }

        held = Take(null);
        return true;
    }

    /// <summary>Adds a fence (<c>dma_resv_add_fence</c>). It replaces an older one of the same context and usage; fences that have signalled are dropped.</summary>
    /// <param name="held">The proof that the lock is held.</param>
    /// <param name="fence">The fence; a signalled one is ignored.</param>
    /// <param name="usage">Who has to wait for it.</param>
    /// <exception cref="DmaBufException">EINVAL: the lock is not held, or no such usage.</exception>
    public void AddFence(in ReservationLock held, Fence fence, FenceUsage usage)
    {
        ThrowIfNotHeldBy(in held);
        ArgumentNullException.ThrowIfNull(fence);
        if (!Enum.IsDefined(usage))
        {
            throw new DmaBufException(Errno.EINVAL, $"'{(int)usage}' is no usage of a fence; use Kernel, Write, Read or Bookkeep.");
        }

        Volatile.Write(ref _fences, _fences.With(fence, usage));
    }

    /// <summary>The fences of a class and all lower ones that have not signalled, as they are now; with or without the lock.</summary>
    /// <param name="usage">The highest class.</param>
    public FenceSnapshot Snapshot(FenceUsage usage) => Volatile.Read(ref _fences).Pending(usage);

    /// <summary>Whether any fence of a class or a lower one has not signalled; with or without the lock, allocates nothing.</summary>
    /// <param name="usage">The highest class.</param>
    public bool HasPending(FenceUsage usage)
    {
        FenceSnapshot fences = Volatile.Read(ref _fences);
        return fences.Count != 0 && fences.HasPending(usage);
    }

    /// <summary>Waits until a reader may begin; see <see cref="IsReadable"/>. Called without the lock.</summary>
    /// <param name="cancellationToken">Ends the wait, not the work.</param>
    public ValueTask WaitReadableAsync(CancellationToken cancellationToken = default) => Snapshot(FenceUsage.Write).WaitAsync(cancellationToken);

    /// <summary>Waits until a writer may begin; see <see cref="IsWritable"/>. Called without the lock.</summary>
    /// <param name="cancellationToken">Ends the wait, not the work.</param>
    public ValueTask WaitWritableAsync(CancellationToken cancellationToken = default) => Snapshot(FenceUsage.Read).WaitAsync(cancellationToken);

    internal ReservationLock LockWith(ReservationTicket ticket, CancellationToken cancellationToken)
    {
        if (Interlocked.CompareExchange(ref _state, Held, Free) != Free)
        {
            return LockSlowly(ticket, cancellationToken);
        }

        ReservationLock held = Take(ticket);

        // Somebody may have begun to wait before it could see whose the lock is, and so could not wound this ticket.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _state) == HeldWithWaiters)
        {
            ReconsiderWaiters(ticket);
        }

        return held;
    }

    internal void ThrowIfNotHeldBy(in ReservationLock held)
    {
        if (!ReferenceEquals(held.Reservation, this) || held.Hold != Volatile.Read(ref _hold))
        {
            throw new DmaBufException(
                Errno.EINVAL, "The proof does not show that this buffer's reservation lock is held: it is of another reservation, or the lock was left. Lock it, and pass the proof.");
        }
    }

    internal void ThrowIfHeldByCurrentThread(string operation)
    {
        if (IsHeldByCurrentThread)
        {
            throw new DmaBufException(
                Errno.EDEADLK, $"{operation} must be called without the reservation lock, which this thread holds. Leave the lock first.");
        }
    }

    /// <summary>Takes the lock, or joins the hold that this thread is in: for teardown that may run inside a callback and must not fail.</summary>
    internal ReservationJoin LockOrJoin(out ReservationLock held)
    {
        bool joins = IsHeldByCurrentThread;
        held = joins ? new ReservationLock(this, _hold) : Lock();
        return new ReservationJoin(held, owns: !joins);
    }

    /// <summary>Ends the hold with this number; a number of the past does nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Unlock(long hold)
    {
        if (_hold != hold)
        {
            return;
        }

        LockOrderCheck.Leave(_holder);
        _holder = null;
        _holderThread = 0;
        _hold = hold + 1;
        if (Interlocked.CompareExchange(ref _state, Free, Held) != Held)
        {
            HandOver();
        }
    }

    /// <summary>The holder's turn passes to a waiter; the contention lock is held.</summary>
    private void Grant(ReservationWaiter waiter, bool othersWait)
    {
        Volatile.Write(ref _state, othersWait ? HeldWithWaiters : Held);
        _holder = waiter.Ticket;
        _holderThread = waiter.ThreadId;
        _hold++;
        waiter.Finish(WoundWaitOutcome.Granted);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReservationLock Take(ReservationTicket? ticket)
    {
        LockOrderCheck.Enter(ticket);
        _holder = ticket;
        _holderThread = Environment.CurrentManagedThreadId;
        return new ReservationLock(this, ++_hold);
    }

    private void HandOver()
    {
        lock (ReservationQueue.Contention)
        {
            if (_queue?.TakeNext() is { } next)
            {
                Grant(next, _queue.Count > 0);
            }
            else
            {
                Volatile.Write(ref _state, Free);
            }
        }
    }

    private ReservationLock LockSlowly(ReservationTicket? ticket, CancellationToken cancellationToken)
    {
        ThrowIfHeldByCurrentThread("Locking a reservation");
        cancellationToken.ThrowIfCancellationRequested();
        ReservationWaiter waiter = new(this, ticket);
        lock (ReservationQueue.Contention)
        {
            if (!TryMarkWaiters())
            {
                return Take(ticket);
            }

            Enqueue(waiter);
        }

        if (waiter.Wait(cancellationToken) == WoundWaitOutcome.Granted)
        {
            LockOrderCheck.Enter(ticket);
            return new ReservationLock(this, _hold);
        }

        throw ReservationTicket.MustBackOff();
    }

    private void ReconsiderWaiters(ReservationTicket holder)
    {
        lock (ReservationQueue.Contention)
        {
            if (ReferenceEquals(_holder, holder) && _queue?.Oldest is { } oldest
                && WoundWait.Decide(oldest.Standing, holder.Standing) == WoundWaitDecision.WoundAndWait)
            {
                holder.Wound();
            }
        }
    }

    /// <summary>True: the lock is held and its holder will see the waiters. False: it was free and is now ours.</summary>
    private bool TryMarkWaiters()
    {
        while (true)
        {
            int seen = Interlocked.CompareExchange(ref _state, HeldWithWaiters, Held);
            if (seen != Free)
            {
                return true;
            }

            if (Interlocked.CompareExchange(ref _state, Held, Free) == Free)
            {
                return false;
            }
        }
    }

    private void Enqueue(ReservationWaiter waiter)
    {
        WoundWaitDecision decision = WoundWait.Decide(waiter.Standing, _holder?.Standing);
        if (decision == WoundWaitDecision.BackOff)
        {
            waiter.Finish(WoundWaitOutcome.Wounded);
            return;
        }

        _queue ??= new ReservationQueue();
        _queue.Add(waiter);
        if (decision == WoundWaitDecision.WoundAndWait)
        {
            _holder!.Wound();
        }
    }

    /// <summary>Leaves a lock that was granted to one who no longer wants it.</summary>
    internal void UnlockGranted()
    {
        LockOrderCheck.Enter(_holder);
        Unlock(_hold);
    }

    /// <summary>Takes a waiter out before its turn; the contention lock is held. False: its turn has come.</summary>
    internal bool TryLeaveQueue(ReservationWaiter waiter) => _queue is not null && _queue.Remove(waiter);
}
