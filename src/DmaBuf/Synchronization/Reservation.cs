using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace DmaBuf;

// Theory
//
// A reservation is a lock that several buffers may share and that carries the fences of the work on them. Whoever maps, unmaps, pins, invalidates or
// adds a fence holds it; whoever only waits for fences takes a snapshot and needs no lock.
//
// Several reservations at once are locked by wound/wait: each ticket has a stamp, the lower the older. An older ticket that wants what a younger one
// holds wounds it; the wounded one learns EDEADLK at its next lock (or at once, if it is waiting for one), lets go of everything and begins again
// with the same stamp. The oldest ticket never backs off, so somebody always gets on; and a ticket ages, so everybody is the oldest some day.
// A lock without a ticket is a party that holds nothing else: it never waits with something in its hands, so it never needs to be wounded. It takes
// its place in the queue by the age that it has when it begins to wait.
//
// Vocabulary
//
// hold         one stretch of time between lock and unlock, named by a serial number that is never used again; a proof names a hold
// transaction  what a ticket stands for: its stamp, what it holds, whether it has been wounded
// contended    somebody waits in the queue; then nobody takes the lock past it, and whoever leaves the lock hands it to the oldest waiter
//
// The word: bit 0 held, bit 1 held by a ticket, bits 2 to 63 the serial number of the current or last hold. While it is held only its holder writes
// it. Without a ticket and without contention, locking is one compare-and-swap and unlocking two plain accesses: store that it is free, then
// look whether it is contended. Neither allocates. Everything else happens under the queue lock.
//
// Why the unlock needs no barrier between its store and its load: whoever marks the lock as contended runs a barrier on all processors of the process
// before it looks at the word again. An unlock that comes after that barrier sees the mark; one that came before it has made its store visible, and
// the waiter sees a free lock. So the price is paid by those who have to wait anyhow. In between, one locker that looked before the mark may still
// take the lock past the queue; it holds nothing else, and it sees the mark when it unlocks.
//
// Lock order, outermost first
//
//   1. locks of the exporter that it takes before it moves or revokes (VFIO's memory lock, for writing)
//   2. reservations: one without a ticket, or any number under one ticket; never a second one without a ticket, never two tickets on one thread
//   3. locks of importers that their callbacks take under the reservation (iommufd's pages mutex)
//   4. the queue lock of a reservation and the lock of a fence's callback list: internal, nothing is called under them
//
// Callbacks of fences run under none of our locks, but the thread that signals may hold 1 to 3; so they take neither. Nothing waits for a mapping to
// disappear with 2 held, because unmap needs it. Debug builds check line 2 (ReservationLockOrder).

/// <summary>
/// A lock that carries fences (<c>dma_resv</c>): it guards the mappings of one buffer, or of several that share it, and knows which work
/// on their memory has not ended yet.
/// </summary>
/// <remarks>
/// <para>The lock belongs to the proof or the ticket, not to the thread, which is remembered only to refuse a lock that would wait for itself. All members may be called
/// from any thread; those that need the lock take its proof.</para>
/// <para>Nothing of it needs to be disposed.</para>
/// </remarks>
public sealed partial class Reservation
{
    private const ulong HeldBit = 1;
    private const ulong TicketBit = 2;
    private const ulong StateBits = HeldBit | TicketBit;
    private const ulong NextSerial = StateBits + 1;

    private ulong _word;

    // Written under the queue lock only, and read without it.
    private bool _isContended;

    // The thread that holds it, 0 if free. A thread reads its own id here only while it holds the lock: the value is written for it after it has got the
    // lock, and cleared before the lock is left. It decides about self-deadlock only, never about who may unlock.
    private int _ownerThreadId;

    /// <summary>True while somebody holds the lock: a moment's answer, for a dump.</summary>
    public bool IsLocked => (Volatile.Read(ref _word) & HeldBit) != 0;

    private ulong CurrentHold => Volatile.Read(ref _word);

    internal bool IsHeldByCurrentThread => Volatile.Read(ref _ownerThreadId) == Environment.CurrentManagedThreadId;

    /// <summary>Locks without a ticket (<c>dma_resv_lock(resv, NULL)</c>), waiting if need be.</summary>
    /// <param name="cancellationToken">Ends the waiting; not looked at where the lock is free.</param>
    /// <returns>The proof; disposing it unlocks. Hold at most one reservation this way; for several take a <see cref="ReservationTicket"/>.</returns>
    /// <exception cref="DmaBufException">
    /// EDEADLK: this thread holds this reservation already (in debug builds: any reservation), so it would wait for itself.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token came first; nothing is locked.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReservationLock Lock(CancellationToken cancellationToken = default)
    {
        ReservationLockOrder.CheckBeforeLock(this, transaction: null);
        if (!TryTakeFree(out ulong hold))
            hold = WaitWithoutTicket(cancellationToken);
        ReservationLockOrder.Record(this, hold, transaction: null);
        return new ReservationLock(this, hold);
    }

    /// <summary>Locks without a ticket if that is possible at once (<c>dma_resv_trylock</c>).</summary>
    /// <param name="held">The proof, disposing it unlocks; or <c>default</c>.</param>
    /// <returns>False if it is held, by whomever, or about to be handed to somebody who waits.</returns>
    public bool TryLock(out ReservationLock held)
    {
        if (!TryTakeFree(out ulong hold))
        {
            held = default;
            return false;
        }

        ReservationLockOrder.Record(this, hold, transaction: null);
        held = new ReservationLock(this, hold);
        return true;
    }

    /// <summary>Is this the proof of the current hold of this reservation?</summary>
    /// <param name="held">A proof; may be stale, <c>default</c> or of another reservation.</param>
    /// <returns>True only while the hold lasts.</returns>
    public bool IsHeldBy(in ReservationLock held) => ReferenceEquals(held.ReservationOrNull, this) && IsCurrentHold(held.Hold);

    /// <summary>Refuses a proof that does not prove that this reservation is locked now.</summary>
    /// <exception cref="DmaBufException">EINVAL: <c>default</c>, stale, or of another reservation.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void ThrowIfNotHeldBy(in ReservationLock held)
    {
        if (!IsHeldBy(in held))
            ThrowNotHeld(in held);
    }

    /// <summary>Refuses a call that takes this lock itself, where this thread holds it already.</summary>
    /// <param name="operation">The name of the called operation, as the caller knows it.</param>
    /// <exception cref="DmaBufException">EDEADLK: the operation would wait for its own caller.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void ThrowIfHeldByCurrentThread(string operation)
    {
        if (IsHeldByCurrentThread)
            ThrowHeldByCurrentThread(operation);
    }

    /// <summary>
    /// Locks, or joins the hold that this thread is in: for teardown that may run inside a callback and must not fail. Proofs and tickets cannot leave
    /// the stack of their thread, so a hold of this thread is one of its callers'. The lock order is not checked here: a thread that tears down while
    /// it holds another reservation breaks it, but an exception would lose what is being torn down, and that for certain.
    /// </summary>
    internal ReservationJoin LockOrJoin(out ReservationLock held)
    {
        if (IsHeldByCurrentThread)
        {
            held = new ReservationLock(this, CurrentHold, isLent: true);
            return new ReservationJoin(held, owns: false);
        }

        if (!TryTakeFree(out ulong hold))
            hold = WaitWithoutTicket(CancellationToken.None);
        ReservationLockOrder.Record(this, hold, transaction: null);
        held = new ReservationLock(this, hold);
        return new ReservationJoin(held, owns: true);
    }

    internal bool IsCurrentHold(ulong hold) => CurrentHold == hold && hold != 0;

    /// <summary>Ends a hold that has no ticket; does nothing if it has ended already, or if a ticket owns it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Unlock(ulong hold)
    {
        if ((hold & TicketBit) != 0 || !IsCurrentHold(hold))
            return;
        _ownerThreadId = 0;
        Volatile.Write(ref _word, hold & ~StateBits);
        if (Volatile.Read(ref _isContended))
            PassOn();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryTakeFree(out ulong hold)
    {
        ulong word = Volatile.Read(ref _word);
        hold = word + NextSerial + HeldBit;
        if ((word & StateBits) != 0 || Volatile.Read(ref _isContended) || Interlocked.CompareExchange(ref _word, hold, word) != word)
            return false;
        _ownerThreadId = Environment.CurrentManagedThreadId;
        return true;
    }

    private void ThrowNotHeld(in ReservationLock held)
    {
        string given = held.ReservationOrNull is null ? "a default proof"
            : ReferenceEquals(held.ReservationOrNull, this) ? "a stale proof, whose hold has ended"
            : "the proof of another reservation";
        throw new DmaBufException(Errno.EINVAL,
            $"The call needs the buffer's reservation locked but was given {given}; pass the value that Lock of this reservation, "
            + "or a ticket's Proof, returned, before it is disposed");
    }

    [StackTraceHidden]
    private static void ThrowHeldByCurrentThread(string operation) => throw new DmaBufException(Errno.EDEADLK,
        $"{operation} must be called without the reservation lock, but this thread holds it and would wait for itself; "
        + "leave the lock first, or call the form that takes the proof");
}
