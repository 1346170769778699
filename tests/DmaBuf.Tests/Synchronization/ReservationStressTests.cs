namespace DmaBuf.Tests.Synchronization;

/// <summary>Real threads on a few reservations, with fixed seeds and a fixed amount of work: exclusion holds and everybody comes to the end.</summary>
public sealed class ReservationStressTests
{
    private const int Threads = 4;
    private const int Rounds = 2_000;

    private readonly Guarded[] _guarded = [.. Enumerable.Range(0, 4).Select(static _ => new Guarded())];

    [Fact]
    public void Tickets_and_plain_locks_exclude_each_other_and_all_come_to_the_end()
    {
        long[] expected = RunAll(static (guarded, random, counts) =>
        {
            if (random.Next(4) == 0)
            {
                int single = random.Next(guarded.Length);
                using (guarded[single].Reservation.Lock())
                    guarded[single].Enter(counts, single);
                return;
            }

            int[] chosen = Choose(random, guarded.Length);
            using ReservationTicket ticket = ReservationTicket.LockAll([.. chosen.Select(i => guarded[i].Reservation)]);
            foreach (int i in chosen)
                guarded[i].Enter(counts, i);
        });

        Assert.Equal(expected, _guarded.Select(static guarded => guarded.Count));
        Assert.All(_guarded, static guarded => Assert.False(guarded.Reservation.IsLocked));
        Assert.All(_guarded, static guarded => Assert.Equal(0, guarded.Reservation.WaiterCount));
    }

    [Fact]
    public void Canceled_waits_lose_no_lock()
    {
        long[] expected = RunAll(static (guarded, random, counts) =>
        {
            using var cancellation = new CancellationTokenSource();
            int[] chosen = Choose(random, guarded.Length);
            if (random.Next(3) == 0)
                cancellation.Cancel();
            else if (random.Next(3) == 0)
                cancellation.CancelAfter(TimeSpan.FromMicroseconds(random.Next(1, 2_000)));
            try
            {
                using ReservationTicket ticket = ReservationTicket.LockAll([.. chosen.Select(i => guarded[i].Reservation)], cancellation.Token);
                foreach (int i in chosen)
                    guarded[i].Enter(counts, i);
            }
            catch (OperationCanceledException)
            {
                // The round did nothing; the sums show whether that is so.
            }
        });

        Assert.Equal(expected, _guarded.Select(static guarded => guarded.Count));
        Assert.All(_guarded, static guarded => Assert.False(guarded.Reservation.IsLocked));
    }

    [Fact]
    public void The_oldest_ticket_never_has_to_back_off()
    {
        using var stop = new CancellationTokenSource();
        using var ready = new ManualResetEventSlim();
        int backedOff = 0;
        TestThread oldest = TestThread.Start(() =>
        {
            var random = new Random(1);
            using var ticket = new ReservationTicket();
            ready.Set();
            for (int round = 0; round < Rounds; round++)
            {
                foreach (int i in Choose(random, _guarded.Length))
                {
                    // An EDEADLK would be thrown here and fail the thread.
                    ticket.Lock(_guarded[i].Reservation);
                    Thread.Yield();
                }

                ticket.BackOff();
            }

            stop.Cancel();
        });
        TestThread.Await(ready);
        TestThread[] younger = [.. Enumerable.Range(2, 2).Select(seed => TestThread.Start(() =>
        {
            var random = new Random(seed);
            while (!stop.IsCancellationRequested)
            {
                using var ticket = new ReservationTicket();
                if (!TryLockOneByOne(in ticket, Choose(random, _guarded.Length)))
                    Interlocked.Increment(ref backedOff);
            }
        }))];
        oldest.Join();
        foreach (TestThread thread in younger)
            thread.Join();
        Assert.True(backedOff > 0, "No younger ticket was ever wounded, so the test has shown nothing.");
    }

    private bool TryLockOneByOne(in ReservationTicket ticket, int[] chosen)
    {
        try
        {
            foreach (int i in chosen)
                ticket.Lock(_guarded[i].Reservation);
            return true;
        }
        catch (DmaBufException wounded) when (wounded.Errno == Errno.EDEADLK)
        {
            return false;
        }
    }

    private static int[] Choose(Random random, int count)
    {
        int[] all = [.. Enumerable.Range(0, count)];
        random.Shuffle(all);
        return all[..random.Next(2, count + 1)];
    }

    private long[] RunAll(Action<Guarded[], Random, long[]> round)
    {
        long[][] counts = [.. Enumerable.Range(0, Threads).Select(_ => new long[_guarded.Length])];
        TestThread[] threads = [.. Enumerable.Range(0, Threads).Select(seed => TestThread.Start(() =>
        {
            var random = new Random(seed);
            for (int i = 0; i < Rounds; i++)
                round(_guarded, random, counts[seed]);
        }))];
        foreach (TestThread thread in threads)
            thread.Join();
        return [.. Enumerable.Range(0, _guarded.Length).Select(i => counts.Sum(count => count[i]))];
    }

    /// <summary>A reservation and a count that only its lock makes right.</summary>
    private sealed class Guarded
    {
        private int _inside;

        public Reservation Reservation { get; } = new();

        public long Count { get; private set; }

        public void Enter(long[] counts, int index)
        {
            Assert.Equal(1, Interlocked.Increment(ref _inside));
            long before = Count;
            if ((before & 63) == 0)
                Thread.Yield();
            Count = before + 1;
            counts[index]++;
            Assert.Equal(0, Interlocked.Decrement(ref _inside));
        }
    }
}
