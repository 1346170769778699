namespace DmaBuf.Tests.Synchronization;

public sealed class FenceCallbackTests
{
    private readonly FenceSource _source = new FenceContext("queue").CreateFence();
    private readonly List<string> _calls = [];

    [Fact]
    public void Callbacks_run_once_in_order_on_the_thread_that_signals()
    {
        int signalingThread = Environment.CurrentManagedThreadId;
        foreach (string name in new[] { "first", "second", "third" })
        {
            _source.Fence.OnSignaled(
                (fence, state) =>
                {
                    Assert.Same(_source.Fence, fence);
                    Assert.True(fence.IsSignaled);
                    Assert.Equal(signalingThread, Environment.CurrentManagedThreadId);
                    _calls.Add((string)state!);
                },
                name);
        }

        Assert.Empty(_calls);
        _source.TrySignal();
        _source.TrySignal();
        Assert.Equal(["first", "second", "third"], _calls);
    }

    [Fact]
    public void A_callback_on_a_signaled_fence_runs_at_once_and_cannot_be_taken_back()
    {
        _source.TrySignal();
        FenceRegistration registration = Register("late");
        Assert.Equal(["late"], _calls);
        Assert.False(registration.Unregister());
    }

    [Fact]
    public void A_callback_that_was_taken_back_never_runs_whatever_its_place()
    {
        FenceRegistration[] registrations = [.. new[] { "a", "b", "c", "d" }.Select(Register)];
        Assert.True(registrations[0].Unregister());
        Assert.True(registrations[2].Unregister());
        Assert.False(registrations[2].Unregister());
        registrations[3].Dispose();
        Register("e");
        _source.TrySignal();
        Assert.Equal(["b", "e"], _calls);
        Assert.False(registrations[1].Unregister());
    }

    [Fact]
    public void A_callback_may_take_back_one_that_has_not_run_yet()
    {
        FenceRegistration? second = null;
        bool taken = false;
        _source.Fence.OnSignaled((_, _) => taken = second!.Unregister(), null);
        second = Register("second");
        _source.TrySignal();
        Assert.True(taken);
        Assert.Empty(_calls);
    }

    [Fact]
    public void A_callback_may_register_another_which_runs_at_once()
    {
        _source.Fence.OnSignaled((_, _) => Register("inner"), null);
        _source.TrySignal();
        Assert.Equal(["inner"], _calls);
    }

    [Fact]
    public void A_throwing_callback_does_not_rob_the_others_and_reaches_the_signaler()
    {
        _source.Fence.OnSignaled(static (_, _) => throw new InvalidDataException("broken importer"), null);
        Register("other");
        AggregateException thrown = Assert.Throws<AggregateException>(() => _source.TrySignal());
        Assert.IsType<InvalidDataException>(Assert.Single(thrown.InnerExceptions));
        Assert.Equal(["other"], _calls);
        Assert.True(_source.Fence.IsSignaled);
    }

    [Fact]
    public void A_dispose_does_not_throw_what_callbacks_throw_but_reports_it_after_all_have_run()
    {
        long before = DmaBufferRegistry.Default.ProblemCount;
        Fence merged = Fence.Merge(_source.Fence, new FenceContext("other").CreateFence().Fence);
        _source.Fence.OnSignaled(static (_, _) => throw new InvalidDataException("a broken importer"), null);
        _source.Fence.OnSignaled(static (_, _) => throw new AggregateException(new InvalidOperationException("another one")), null);
        Register("last");
        _source.Dispose();
        Assert.Equal(["last"], _calls);
        Assert.Equal((Errno.ECANCELED, false), (_source.Fence.Error, merged.IsSignaled));
        DmaBufferProblem[] problems = [.. DmaBufferRegistry.Default.Problems.TakeLast((int)(DmaBufferRegistry.Default.ProblemCount - before))];
        Assert.Equal(
            [(DmaBufferProblemKind.BrokenPromise, true), (DmaBufferProblemKind.BrokenPromise, true)],
            problems.Select(static problem => (problem.Kind, problem.Description.Contains("queue", StringComparison.Ordinal))));
        Assert.Contains("InvalidDataException", problems[0].Description, StringComparison.Ordinal);
        Assert.Contains("another one", problems[1].Description, StringComparison.Ordinal);
        _source.Dispose();
        Assert.Equal(before + 2, DmaBufferRegistry.Default.ProblemCount);
    }

    private FenceRegistration Register(string name) => _source.Fence.OnSignaled((_, state) => _calls.Add((string)state!), name);
}
