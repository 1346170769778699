namespace DmaBuf;

/// <summary>
/// Locks several reservations without deadlock, in any order (<c>ww_acquire_ctx</c>). The ticket owns what it has locked; disposing it
/// releases everything.
/// </summary>
/// <remarks>
/// <para>Tickets are numbered in the order of their making. If two want what the other one holds, the younger backs off: it learns EDEADLK at its next
/// <see cref="Lock"/>, has to release everything with <see cref="BackOff"/>, and may then begin again, with <see cref="Contended"/> first. It keeps
/// its number, so it is the oldest some day, and the oldest never backs off. <see cref="LockAll(ReadOnlySpan{Reservation})"/> does all this.</para>
/// <para>A ref struct, so that the compiler keeps it on the stack of one thread and refuses to carry it across an <c>await</c>: no await is ever
/// reached with a lock held. Copies are the same ticket. A <c>default</c> value is no ticket; use <c>new()</c>.</para>
/// </remarks>
public readonly ref struct ReservationTicket : IDisposable
{
    private readonly LockTransaction? _transaction;

    /// <summary>Draws the next number; locks nothing yet (<c>ww_acquire_init</c>).</summary>
    public ReservationTicket() => _transaction = new LockTransaction();

    /// <summary>The age: unique in the process, the lower the older.</summary>
    /// <exception cref="DmaBufException">EINVAL: this value is <c>default</c>.</exception>
    public ulong Stamp => Transaction.Stamp;

    /// <summary>How many reservations it holds.</summary>
    /// <exception cref="DmaBufException">EINVAL: this value is <c>default</c>.</exception>
    public int HeldCount => Transaction.HeldCount;

    /// <summary>After EDEADLK: the reservation that could not be had. Lock it first after <see cref="BackOff"/>. Otherwise null.</summary>
    /// <exception cref="DmaBufException">EINVAL: this value is <c>default</c>.</exception>
    public Reservation? Contended => Transaction.Contended;

    private LockTransaction Transaction => _transaction ?? throw new DmaBufException(
        Errno.EINVAL, "A default ReservationTicket cannot lock anything; make one with new ReservationTicket()");

    private LockTransaction Usable
    {
        get
        {
            LockTransaction transaction = Transaction;
            ObjectDisposedException.ThrowIf(transaction.IsDisposed, typeof(ReservationTicket));
            return transaction;
        }
    }

    /// <summary>
    /// Locks one more (<c>dma_resv_lock(resv, ctx)</c>), waiting if need be. With nothing held it never asks to back off (<c>dma_resv_lock_slow</c>).
    /// </summary>
    /// <param name="reservation">What to lock; not one that this ticket holds already: <see cref="Proof"/> proves that one.</param>
    /// <param name="cancellationToken">Ends the waiting; what the ticket holds stays held.</param>
    /// <returns>The proof; disposing it does nothing, the ticket owns the lock.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="reservation"/> is null.</exception>
    /// <exception cref="DmaBufException">
    /// EDEADLK: an older ticket wants something that this one holds; call <see cref="BackOff"/> and begin again. EINVAL: this ticket holds it
    /// already (the kernel's EALREADY), this thread holds it by other means, or this value is <c>default</c>. Nothing has changed in either case.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token came first.</exception>
    /// <exception cref="ObjectDisposedException">The ticket has been disposed.</exception>
    public ReservationLock Lock(Reservation reservation, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reservation);
        LockTransaction transaction = Usable;
        if (reservation.IsHeldByTransaction(transaction))
        {
            throw new DmaBufException(Errno.EINVAL,
                $"Ticket {Stamp} was asked to lock a reservation that it holds already; ask Proof for it, or lock lists with LockAll, which allows duplicates");
        }

        if (!transaction.TryLock(reservation, cancellationToken))
        {
            throw new DmaBufException(Errno.EDEADLK,
                $"Ticket {Stamp}, holding {HeldCount}, must give way to an older one that wants what it holds; call BackOff, then lock Contended first");
        }

        return reservation.ProofFor(transaction);
    }

    /// <summary>Locks several with a new ticket, backing off and beginning again as often as it takes. Duplicates are locked once.</summary>
    /// <param name="reservations">What to lock, in any order.</param>
    /// <returns>The ticket that holds them all; dispose it to release them.</returns>
    /// <exception cref="ArgumentNullException">One of them is null; nothing has been locked then.</exception>
    /// <exception cref="DmaBufException">EINVAL: this thread holds one of them already, by other means. Nothing stays locked.</exception>
    public static ReservationTicket LockAll(params ReadOnlySpan<Reservation> reservations) => LockAll(reservations, CancellationToken.None);

    /// <summary>Locks several with a new ticket, backing off and beginning again as often as it takes. Duplicates are locked once.</summary>
    /// <param name="reservations">What to lock, in any order.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The ticket that holds them all; dispose it to release them.</returns>
    /// <exception cref="ArgumentNullException">One of them is null; nothing has been locked then.</exception>
    /// <exception cref="DmaBufException">EINVAL: this thread holds one of them already, by other means. Nothing stays locked.</exception>
    /// <exception cref="OperationCanceledException">The token came first; nothing stays locked.</exception>
    public static ReservationTicket LockAll(scoped ReadOnlySpan<Reservation> reservations, CancellationToken cancellationToken)
    {
        foreach (Reservation reservation in reservations)
            ArgumentNullException.ThrowIfNull(reservation, nameof(reservations));

        var ticket = new ReservationTicket();
        LockTransaction transaction = ticket.Transaction;
        try
        {
            Reservation? first = null;
            while (!TryLockAll(transaction, first, reservations, cancellationToken))
            {
                first = transaction.Contended;
                transaction.UnlockAll();
            }

            return ticket;
        }
        catch
        {
            transaction.UnlockAll();
            throw;
        }
    }

    /// <summary>Does this ticket hold it?</summary>
    /// <param name="reservation">Any reservation.</param>
    /// <returns>True between locking and releasing.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="reservation"/> is null.</exception>
    /// <exception cref="DmaBufException">EINVAL: this value is <c>default</c>.</exception>
    public bool Holds(Reservation reservation)
    {
        ArgumentNullException.ThrowIfNull(reservation);
        return reservation.IsHeldByTransaction(Transaction);
    }

    /// <summary>The proof for a reservation that this ticket holds.</summary>
    /// <param name="reservation">One that it has locked.</param>
    /// <returns>Valid until the ticket releases that reservation; disposing it does nothing.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="reservation"/> is null.</exception>
    /// <exception cref="DmaBufException">EINVAL: the ticket does not hold it, or this value is <c>default</c>.</exception>
    public ReservationLock Proof(Reservation reservation)
    {
        ThrowIfNotHeld(reservation);
        return reservation.ProofFor(Transaction);
    }

    /// <summary>Releases one of several early.</summary>
    /// <param name="reservation">One that it has locked.</param>
    /// <exception cref="ArgumentNullException"><paramref name="reservation"/> is null.</exception>
    /// <exception cref="DmaBufException">EINVAL: the ticket does not hold it, or this value is <c>default</c>.</exception>
    public void Unlock(Reservation reservation)
    {
        ThrowIfNotHeld(reservation);
        Transaction.Unlock(reservation);
    }

    /// <summary>Releases everything; the ticket keeps its age and may lock again.</summary>
    /// <exception cref="DmaBufException">EINVAL: this value is <c>default</c>.</exception>
    public void BackOff() => Transaction.UnlockAll();

    /// <summary>Releases everything; the ticket cannot lock any more (<c>ww_acquire_fini</c>). Again, or on <c>default</c>: does nothing.</summary>
    public void Dispose() => _transaction?.Dispose();

    private static bool TryLockAll(
        LockTransaction transaction, Reservation? first, ReadOnlySpan<Reservation> reservations, CancellationToken cancellationToken)
    {
        if (first is not null && !transaction.TryLock(first, cancellationToken))
            return false;
        foreach (Reservation reservation in reservations)
        {
            if (!reservation.IsHeldByTransaction(transaction) && !transaction.TryLock(reservation, cancellationToken))
                return false;
        }

        return true;
    }

    private void ThrowIfNotHeld(Reservation reservation)
    {
        if (!Holds(reservation))
        {
            throw new DmaBufException(Errno.EINVAL,
                $"Ticket {Stamp} does not hold this reservation; lock it with the ticket first");
        }
    }
}
