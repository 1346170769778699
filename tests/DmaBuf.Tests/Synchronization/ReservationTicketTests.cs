namespace DmaBuf.Tests.Synchronization;

public sealed class ReservationTicketTests
{
    private readonly Reservation _a = new();
    private readonly Reservation _b = new();

    [Fact]
    public void A_ticket_locks_several_proves_each_and_releases_all()
    {
        using (ReservationTicket ticket = ReservationTicket.LockAll(_a, _b))
        {
            Assert.Equal(2, ticket.HeldCount);
            Assert.True(ticket.Holds(_a) && ticket.Holds(_b));
            ReservationLock proof = ticket.Proof(_a);
            Assert.True(_a.IsHeldBy(in proof));
            Assert.False(_b.IsHeldBy(in proof));
        }

        Assert.False(_a.IsLocked || _b.IsLocked);
    }

    [Fact]
    public void Disposing_the_proof_of_a_ticket_does_not_unlock()
    {
        using var ticket = new ReservationTicket();
        ticket.Lock(_a).Dispose();
        ticket.Proof(_a).Dispose();
        Assert.True(_a.IsLocked);
        ticket.Unlock(_a);
        Assert.False(_a.IsLocked);
        Assert.Equal(0, ticket.HeldCount);
    }

    [Fact]
    public void A_proof_is_stale_once_its_ticket_has_released_it()
    {
        using var ticket = new ReservationTicket();
        ReservationLock first = ticket.Lock(_a);
        ticket.BackOff();
        Assert.False(first.IsHeld);
        ReservationLock second = ticket.Lock(_a);
        Assert.False(first.IsHeld);
        Assert.True(second.IsHeld);
    }

    [Fact]
    public void Duplicates_are_locked_once_in_a_list_and_refused_one_by_one()
    {
        using ReservationTicket ticket = ReservationTicket.LockAll(_a, _b, _a, _a);
        Assert.Equal(2, ticket.HeldCount);
        Assert.Equal(Errno.EINVAL, ErrnoOfLock(in ticket, _a));
        Assert.Equal(2, ticket.HeldCount);
    }

    [Fact]
    public void What_a_ticket_does_not_hold_it_neither_proves_nor_unlocks()
    {
        using var ticket = new ReservationTicket();
        Assert.False(ticket.Holds(_a));
        Assert.Equal(Errno.EINVAL, ErrnoOf(in ticket, static (in t, r) => t.Proof(r), _a));
        Assert.Equal(Errno.EINVAL, ErrnoOf(in ticket, static (in t, r) => t.Unlock(r), _a));
        using ReservationLock held = _a.Lock();
        Assert.Equal(Errno.EINVAL, ErrnoOf(in ticket, static (in t, r) => t.Unlock(r), _a));
        Assert.True(held.IsHeld);
    }

    [Fact]
    public void A_default_ticket_and_a_disposed_one_lock_nothing()
    {
        ReservationTicket none = default;
        Assert.Equal(Errno.EINVAL, ErrnoOfLock(in none, _a));
        none.Dispose();

        var ended = new ReservationTicket();
        ended.Dispose();
        ended.Dispose();
        bool refused = false;
        try
        {
            ended.Lock(_a);
        }
        catch (ObjectDisposedException)
        {
            refused = true;
        }

        Assert.True(refused);
        Assert.False(_a.IsLocked);
    }

    [Fact]
    public void Null_is_refused_before_anything_is_locked()
    {
        Assert.Throws<ArgumentNullException>(() => ReservationTicket.LockAll(_a, null!).Dispose());
        Assert.False(_a.IsLocked);
        Assert.Throws<ArgumentNullException>(() => new ReservationTicket().Lock(null!));
        Assert.Throws<ArgumentNullException>(() => new ReservationTicket().Holds(null!));
    }

    [Fact]
    public void A_ticket_is_refused_what_its_own_thread_holds_by_other_means()
    {
        using ReservationLock held = _a.Lock();
        Assert.Equal(Errno.EINVAL, Assert.Throws<DmaBufException>(() => ReservationTicket.LockAll(_b, _a).Dispose()).Errno);
        Assert.False(_b.IsLocked);
        Assert.True(held.IsHeld);
    }

    [Fact]
    public void Later_tickets_are_younger()
    {
        using var older = new ReservationTicket();
        using var younger = new ReservationTicket();
        Assert.True(older.Stamp < younger.Stamp);
    }

    [Fact]
    public void A_younger_holder_is_wounded_and_learns_it_at_its_next_lock()
    {
        using var older = new ReservationTicket();
        using var holds = new ManualResetEventSlim();
        Errno learned = Errno.None, learnedAgain = Errno.None;
        bool sawContended = false;
        TestThread younger = TestThread.Start(() =>
        {
            using var ticket = new ReservationTicket();
            ticket.Lock(_a);
            holds.Set();
            TestThread.Until(() => _a.WaiterCount == 1);
            // Even a free one is refused: the sooner the wounded one backs off, the sooner the older one goes on.
            learned = ErrnoOfLock(in ticket, _b);
            learnedAgain = ErrnoOfLock(in ticket, _b);
            sawContended = ReferenceEquals(ticket.Contended, _b) && ticket.Holds(_a);
            ticket.BackOff();
            ticket.Lock(_b);
            Assert.Null(ticket.Contended);
        });
        TestThread.Await(holds);
        older.Lock(_a);
        younger.Join();
        Assert.Equal(Errno.EDEADLK, learned);
        Assert.Equal(Errno.EDEADLK, learnedAgain);
        Assert.True(sawContended);
        Assert.True(older.Holds(_a));
    }

    [Fact]
    public void A_younger_one_that_waits_while_it_is_wounded_learns_it_at_once()
    {
        using var older = new ReservationTicket();
        older.Lock(_a);
        Errno learned = Errno.None;
        TestThread younger = TestThread.Start(() =>
        {
            using var ticket = new ReservationTicket();
            ticket.Lock(_b);
            learned = ErrnoOfLock(in ticket, _a);
        });
        TestThread.Until(() => _a.WaiterCount == 1);
        older.Lock(_b);
        younger.Join();
        Assert.Equal(Errno.EDEADLK, learned);
        Assert.Equal(2, older.HeldCount);
    }

    [Fact]
    public void A_younger_one_that_wants_what_an_older_one_holds_just_waits()
    {
        using var older = new ReservationTicket();
        older.Lock(_a);
        bool got = false;
        TestThread younger = TestThread.Start(() =>
        {
            using ReservationTicket ticket = ReservationTicket.LockAll(_b, _a);
            got = true;
        });
        TestThread.Until(() => _a.WaiterCount == 1);
        Assert.False(got);
        Assert.Equal(Errno.None, ErrnoOfLock(in older, new Reservation()));
        older.BackOff();
        younger.Join();
        Assert.True(got);
    }

    [Fact]
    public void The_oldest_ticket_is_served_first_whatever_the_order_of_coming()
    {
        var order = new List<int>();
        ReservationLock held = _a.Lock();
        using var oldestMade = new ManualResetEventSlim();
        using var youngerWaits = new ManualResetEventSlim();
        TestThread oldest = TestThread.Start(() =>
        {
            using var ticket = new ReservationTicket();
            oldestMade.Set();
            TestThread.Await(youngerWaits);
            ticket.Lock(_a);
            order.Add(1);
        });
        TestThread.Await(oldestMade);
        TestThread younger = TestThread.Start(() =>
        {
            using var ticket = new ReservationTicket();
            ticket.Lock(_a);
            order.Add(2);
        });
        TestThread.Until(() => _a.WaiterCount == 1);
        youngerWaits.Set();
        TestThread.Until(() => _a.WaiterCount == 2);
        held.Dispose();
        oldest.Join();
        younger.Join();
        Assert.Equal([1, 2], order);
    }

    [Fact]
    public void A_holder_without_a_ticket_is_waited_for_and_never_wounded()
    {
        ReservationLock held = _a.Lock();
        TestThread ticketed = TestThread.Start(() => ReservationTicket.LockAll(_b, _a).Dispose());
        TestThread.Until(() => _a.WaiterCount == 1);
        Assert.True(held.IsHeld);
        held.Dispose();
        ticketed.Join();
    }

    [Fact]
    public void Canceling_leaves_what_a_ticket_holds_and_releases_what_LockAll_took()
    {
        using var cancellation = new CancellationTokenSource();
        ReservationLock held = _b.Lock();
        bool stillHeld = false;
        TestThread single = TestThread.Start(() =>
        {
            using var ticket = new ReservationTicket();
            ticket.Lock(_a);
            try
            {
                ticket.Lock(_b, cancellation.Token);
            }
            catch (OperationCanceledException)
            {
                stillHeld = ticket.Holds(_a) && !ticket.Holds(_b) && ticket.HeldCount == 1;
            }
        });
        TestThread.Until(() => _b.WaiterCount == 1);
        cancellation.Cancel();
        single.Join();
        Assert.True(stillHeld);

        TestThread all = TestThread.Start(() => Assert.ThrowsAny<OperationCanceledException>(
            () => ReservationTicket.LockAll([_a, _b], cancellation.Token).Dispose()));
        all.Join();
        Assert.False(_a.IsLocked);
        Assert.True(held.IsHeld);
        held.Dispose();
        Assert.False(_b.IsLocked);
    }

    private delegate void Use(in ReservationTicket ticket, Reservation reservation);

    private static Errno ErrnoOfLock(in ReservationTicket ticket, Reservation reservation)
        => ErrnoOf(in ticket, static (in t, r) => t.Lock(r), reservation);

    // A ticket cannot be captured by a lambda, so it is handed through.
    private static Errno ErrnoOf(in ReservationTicket ticket, Use use, Reservation reservation)
    {
        try
        {
            use(in ticket, reservation);
            return Errno.None;
        }
        catch (DmaBufException refused)
        {
            return refused.Errno;
        }
    }
}
