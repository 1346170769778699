namespace DmaBuf.Tests.Synchronization;

/// <summary>Real threads against each other on one fence, many rounds; each round has exactly one right set of outcomes.</summary>
public sealed class FenceRaceTests
{
    private const int Rounds = 2_000;

    private readonly FenceContext _context = new("raced");

    [Fact]
    public void Of_two_that_signal_exactly_one_wins_and_its_outcome_stays()
    {
        Race(round =>
        {
            FenceSource source = _context.CreateFence();
            int called = 0;
            source.Fence.OnSignaled((_, _) => Interlocked.Increment(ref called), null);
            bool succeeded = false, failed = false;
            return (
                () => succeeded = source.TrySignal(),
                () => failed = source.TryFail(Errno.EIO),
                () =>
                {
                    Assert.True(succeeded ^ failed, $"Round {round}: both or neither signaled.");
                    Assert.Equal(succeeded ? Errno.None : Errno.EIO, source.Fence.Error);
                    Assert.Equal(1, called);
                }
            );
        });
    }

    [Fact]
    public void A_callback_that_is_registered_while_the_fence_signals_runs_exactly_once()
    {
        Race(round =>
        {
            FenceSource source = _context.CreateFence();
            int first = 0, second = 0;
            return (
                () => source.TrySignal(),
                () =>
                {
                    source.Fence.OnSignaled((_, _) => Interlocked.Increment(ref first), null);
                    source.Fence.OnSignaled((_, _) => Interlocked.Increment(ref second), null);
                },
                () => Assert.True(first == 1 && second == 1, $"Round {round}: the callbacks ran {first} and {second} times."));
        });
    }

    [Fact]
    public void A_callback_that_is_taken_back_while_the_fence_signals_either_runs_or_is_taken_back()
    {
        Race(round =>
        {
            FenceSource source = _context.CreateFence();
            int ran = 0;
            bool taken = false;
            FenceRegistration registration = source.Fence.OnSignaled((_, _) => Interlocked.Increment(ref ran), null);
            return (
                () => source.TrySignal(),
                () => taken = registration.Unregister(),
                () => Assert.True(ran == (taken ? 0 : 1), $"Round {round}: taken back {taken}, ran {ran} times."));
        });
    }

    [Fact]
    public void A_merged_fence_whose_parts_signal_together_signals_once()
    {
        Race(_ =>
        {
            FenceSource red = new FenceContext("red").CreateFence(), blue = new FenceContext("blue").CreateFence();
            Fence merged = Fence.Merge(red.Fence, blue.Fence);
            int called = 0;
            merged.OnSignaled((_, _) => Interlocked.Increment(ref called), null);
            return (
                () => red.TryFail(Errno.EIO),
                () => blue.TrySignal(),
                () =>
                {
                    Assert.Equal(1, called);
                    Assert.Equal(Errno.EIO, merged.Error);
                }
            );
        });
    }

    private static void Race(Func<int, (Action Left, Action Right, Action Check)> prepare)
    {
        Action? left = null, right = null;
        using var barrier = new Barrier(2);
        TestThread opponent = TestThread.Start(() =>
        {
            for (int round = 0; round < Rounds; round++)
            {
                barrier.SignalAndWait();
                right!();
                barrier.SignalAndWait();
            }
        });
        for (int round = 0; round < Rounds; round++)
        {
            (left, right, Action check) = prepare(round);
            barrier.SignalAndWait();
            left();
            barrier.SignalAndWait();
            check();
        }

        opponent.Join();
    }
}
