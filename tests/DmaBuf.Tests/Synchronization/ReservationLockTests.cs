namespace DmaBuf.Tests.Synchronization;

public sealed class ReservationLockTests
{
    private readonly Reservation _reservation = new();

    [Fact]
    public void A_lock_is_held_until_its_proof_is_disposed()
    {
        ReservationLock held = _reservation.Lock();
        Assert.Same(_reservation, held.Reservation);
        Assert.True(held.IsHeld);
        Assert.True(_reservation.IsLocked);
        Assert.True(_reservation.IsHeldBy(in held));
        Assert.False(_reservation.TryLock(out ReservationLock second));
        Assert.False(second.IsHeld);
        held.Dispose();
        Assert.False(held.IsHeld);
        Assert.False(_reservation.IsLocked);
        Assert.True(_reservation.TryLock(out ReservationLock third));
        third.Dispose();
    }

    [Fact]
    public void A_stale_proof_is_refused_and_disposing_it_again_does_not_end_somebody_elses_hold()
    {
        ReservationLock stale = _reservation.Lock();
        ReservationLock copy = stale;
        stale.Dispose();
        AssertRefused(_reservation, in stale, "stale");

        ReservationLock current = _reservation.Lock();
        copy.Dispose();
        Assert.True(current.IsHeld);
        Assert.True(_reservation.IsLocked);
        AssertRefused(_reservation, in copy, "stale");
        _reservation.ThrowIfNotHeldBy(in current);
        current.Dispose();
    }

    [Fact]
    public void A_proof_is_refused_after_the_lock_was_handed_to_a_waiter()
    {
        ReservationLock mine = _reservation.Lock();
        using var release = new ManualResetEventSlim();
        using var got = new ManualResetEventSlim();
        TestThread waiter = TestThread.Start(() =>
        {
            using ReservationLock theirs = _reservation.Lock();
            got.Set();
            TestThread.Await(release);
            Assert.True(theirs.IsHeld);
        });
        TestThread.Until(() => _reservation.WaiterCount == 1);
        mine.Dispose();
        TestThread.Await(got);
        mine.Dispose();
        AssertRefused(_reservation, in mine, "stale");
        Assert.True(_reservation.IsLocked);
        release.Set();
        waiter.Join();
        Assert.False(_reservation.IsLocked);
    }

    [Fact]
    public void The_proof_of_another_reservation_and_a_default_proof_are_refused()
    {
        using ReservationLock other = new Reservation().Lock();
        AssertRefused(_reservation, in other, "another");
        ReservationLock none = default;
        AssertRefused(_reservation, in none, "default");
        Assert.False(none.IsHeld);
        none.Dispose();
        Errno? errno = null;
        try
        {
            _ = none.Reservation;
        }
        catch (DmaBufException refused)
        {
            errno = refused.Errno;
        }

        Assert.Equal(Errno.EINVAL, errno);
    }

    [Fact]
    public void Locking_again_on_the_same_thread_is_EDEADLK_instead_of_a_hang()
    {
        using (_reservation.Lock())
            Assert.Equal(Errno.EDEADLK, Assert.Throws<DmaBufException>(() => _reservation.Lock().Dispose()).Errno);
        Assert.False(_reservation.IsLocked);
        _reservation.Lock().Dispose();
    }

    [Fact]
    public void Only_the_thread_that_holds_the_lock_is_told_not_to_call_what_takes_it()
    {
        _reservation.ThrowIfHeldByCurrentThread("Attach");
        using (_reservation.Lock())
        {
            DmaBufException refused = Assert.Throws<DmaBufException>(() => _reservation.ThrowIfHeldByCurrentThread("Attach"));
            Assert.Equal(Errno.EDEADLK, refused.Errno);
            Assert.StartsWith("Attach must be called without the reservation lock", refused.Message, StringComparison.Ordinal);
            TestThread.Start(() => _reservation.ThrowIfHeldByCurrentThread("Attach")).Join();
        }

        _reservation.ThrowIfHeldByCurrentThread("Attach");
    }

    [Fact]
    public void Teardown_joins_the_hold_of_its_callers_and_takes_the_lock_otherwise()
    {
        using (_reservation.LockOrJoin(out ReservationLock taken))
        {
            Assert.True(_reservation.IsHeldBy(in taken));
            using (_reservation.LockOrJoin(out ReservationLock joined))
                Assert.True(_reservation.IsHeldBy(in joined));
            Assert.True(taken.IsHeld);
        }

        Assert.False(_reservation.IsLocked);
    }

    [Fact]
    public void Waiters_without_a_ticket_are_served_in_the_order_of_their_coming()
    {
        var order = new List<int>();
        ReservationLock held = _reservation.Lock();
        TestThread[] waiters = [.. Enumerable.Range(1, 4).Select(number =>
        {
            TestThread waiter = TestThread.Start(() =>
            {
                using (_reservation.Lock())
                    order.Add(number);
            });
            TestThread.Until(() => _reservation.WaiterCount == number);
            return waiter;
        })];
        held.Dispose();
        foreach (TestThread waiter in waiters)
            waiter.Join();
        Assert.Equal([1, 2, 3, 4], order);
    }

    [Fact]
    public void A_canceled_waiter_leaves_the_queue_and_the_lock_stays_usable()
    {
        using var cancellation = new CancellationTokenSource();
        ReservationLock held = _reservation.Lock();
        TestThread waiter = TestThread.Start(() => Assert.ThrowsAny<OperationCanceledException>(() => _reservation.Lock(cancellation.Token).Dispose()));
        TestThread.Until(() => _reservation.WaiterCount == 1);
        cancellation.Cancel();
        waiter.Join();
        Assert.Equal(0, _reservation.WaiterCount);
        Assert.True(held.IsHeld);
        held.Dispose();
        Assert.False(_reservation.IsLocked);
    }

    [Fact]
    public void An_interrupted_waiter_leaves_the_queue_and_the_lock_stays_usable()
    {
        ReservationLock held = _reservation.Lock();
        TestThread waiter = TestThread.Start(() => Assert.Throws<ThreadInterruptedException>(() => _reservation.Lock().Dispose()));
        TestThread.Until(() => _reservation.WaiterCount == 1);
        waiter.Interrupt();
        waiter.Join();
        Assert.Equal(0, _reservation.WaiterCount);
        held.Dispose();
        Assert.False(_reservation.IsLocked);
    }

    [Fact]
    public void A_free_lock_is_taken_even_with_a_canceled_token()
    {
        using ReservationLock held = _reservation.Lock(new CancellationToken(canceled: true));
        Assert.True(held.IsHeld);
    }

    [Fact]
    public void Lock_and_unlock_allocate_nothing_where_nobody_waits()
    {
        LockAndUnlock(100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        LockAndUnlock(1_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void The_compiler_keeps_proofs_and_tickets_on_the_stack()
    {
        Assert.True(typeof(ReservationLock).IsByRefLike);
        Assert.True(typeof(ReservationTicket).IsByRefLike);
    }

#if DEBUG
    [Fact]
    public void A_debug_build_refuses_to_wait_for_a_second_reservation_without_a_ticket()
    {
        var other = new Reservation();
        using ReservationLock held = _reservation.Lock();
        Assert.Equal(Errno.EDEADLK, Assert.Throws<DmaBufException>(() => other.Lock().Dispose()).Errno);
        Assert.Equal(Errno.EINVAL, Assert.Throws<DmaBufException>(() => ReservationTicket.LockAll(other).Dispose()).Errno);
        Assert.False(other.IsLocked);
        Assert.True(other.TryLock(out ReservationLock tried));
        tried.Dispose();
    }
#endif

    private static void AssertRefused(Reservation reservation, in ReservationLock proof, string reason)
    {
        DmaBufException? refused = null;
        try
        {
            reservation.ThrowIfNotHeldBy(in proof);
        }
        catch (DmaBufException exception)
        {
            refused = exception;
        }

        Assert.NotNull(refused);
        Assert.Equal(Errno.EINVAL, refused.Errno);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    private void LockAndUnlock(int times)
    {
        for (int i = 0; i < times; i++)
            _reservation.Lock().Dispose();
    }
}
