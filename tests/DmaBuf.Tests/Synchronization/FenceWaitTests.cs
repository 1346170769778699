namespace DmaBuf.Tests.Synchronization;

public sealed class FenceWaitTests
{
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(5);

    private readonly FenceSource _source = new FenceContext("queue").CreateFence();

    private Fence Fence => _source.Fence;

    [Fact]
    public async Task Waiting_for_a_signaled_fence_is_over_at_once_even_with_a_canceled_token()
    {
        _source.TrySignal();
        var canceled = new CancellationToken(canceled: true);
        await Fence.WaitAsync(canceled);
        Assert.True(await Fence.WaitAsync(TimeSpan.Zero, canceled));
        Assert.True(Fence.Wait(TimeSpan.Zero, canceled));
    }

    [Fact]
    public async Task Every_waiter_goes_on_when_the_fence_signals_and_none_before()
    {
        Task[] waiters = [.. Enumerable.Range(0, 5).Select(_ => Fence.WaitAsync(TestContext.Current.CancellationToken).AsTask())];
        Task<bool> limited = Fence.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken).AsTask();
        Assert.All(waiters, static waiter => Assert.False(waiter.IsCompleted));
        Assert.False(limited.IsCompleted);
        _source.TrySignal();
        await Task.WhenAll(waiters);
        Assert.True(await limited);
    }

    [Fact]
    public async Task A_wait_ends_without_exception_when_the_work_failed()
    {
        Task waiter = Fence.WaitAsync(TestContext.Current.CancellationToken).AsTask();
        _source.TryFail(Errno.EIO);
        await waiter;
        Assert.True(Fence.Wait(Timeout.InfiniteTimeSpan, TestContext.Current.CancellationToken));
        Assert.Equal(Errno.EIO, Fence.Error);
    }

    [Fact]
    public async Task Canceling_one_wait_ends_that_wait_alone()
    {
        using var cancellation = new CancellationTokenSource();
        Task canceled = Fence.WaitAsync(cancellation.Token).AsTask();
        Task patient = Fence.WaitAsync(TestContext.Current.CancellationToken).AsTask();
        await cancellation.CancelAsync();
        OperationCanceledException thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => canceled);
        Assert.Equal(cancellation.Token, thrown.CancellationToken);
        Assert.False(patient.IsCompleted);
        Assert.False(Fence.IsSignaled);
        _source.TrySignal();
        await patient;
    }

    [Fact]
    public async Task A_token_that_is_canceled_already_ends_the_wait_for_a_pending_fence()
    {
        var canceled = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Fence.WaitAsync(canceled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Fence.WaitAsync(s_short, canceled));
        Assert.Throws<OperationCanceledException>(() => Fence.Wait(s_short, canceled));
    }

    [Fact]
    public async Task A_wait_that_reaches_its_deadline_answers_false()
    {
        Assert.False(await Fence.WaitAsync(s_short, TestContext.Current.CancellationToken));
        Assert.False(await Fence.WaitAsync(TimeSpan.Zero, TestContext.Current.CancellationToken));
        Assert.False(Fence.Wait(s_short, TestContext.Current.CancellationToken));
        Assert.False(Fence.Wait(TimeSpan.Zero, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_blocking_wait_ends_when_another_thread_signals()
    {
        using var waiting = new ManualResetEventSlim();
        bool? answer = null;
        TestThread waiter = TestThread.Start(() =>
        {
            waiting.Set();
            answer = Fence.Wait(TimeSpan.FromSeconds(20), CancellationToken.None);
        });
        TestThread.Await(waiting);
        _source.TrySignal();
        waiter.Join();
        Assert.True(answer);
    }

    [Fact]
    public async Task A_continuation_never_runs_on_the_thread_that_signals()
    {
        Task<int> continued = ContinueAsync();
        int signaling = 0;
        TestThread.Start(() =>
        {
            signaling = Environment.CurrentManagedThreadId;
            _source.TrySignal();
        }).Join();
        Assert.NotEqual(signaling, await continued);

        async Task<int> ContinueAsync()
        {
            await Fence.WaitAsync(CancellationToken.None).ConfigureAwait(false);
            return Environment.CurrentManagedThreadId;
        }
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(2147483648d)]
    public async Task A_timeout_out_of_range_is_refused(double milliseconds)
    {
        TimeSpan timeout = TimeSpan.FromMilliseconds(milliseconds);
        Assert.Throws<ArgumentOutOfRangeException>(() => Fence.Wait(timeout, TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Fence.WaitAsync(timeout, TestContext.Current.CancellationToken));
    }
}
