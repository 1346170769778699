namespace DmaBuf.Tests.Synchronization;

public sealed class FenceTests
{
    private readonly FenceContext _context = new("queue");

    [Fact]
    public void A_fence_is_pending_until_its_source_signals_and_then_stays_signaled()
    {
        FenceSource source = _context.CreateFence();
        Assert.False(source.Fence.IsSignaled);
        Assert.True(source.TrySignal());
        Assert.True(source.Fence.IsSignaled);
        Assert.Equal(Errno.None, source.Fence.Error);
        Assert.False(source.TrySignal());
        Assert.False(source.TryFail(Errno.EIO));
        Assert.Equal(Errno.None, source.Fence.Error);
    }

    [Fact]
    public void A_failed_fence_is_signaled_and_keeps_its_first_error()
    {
        FenceSource source = _context.CreateFence();
        Assert.True(source.TryFail(Errno.EIO));
        Assert.True(source.Fence.IsSignaled);
        Assert.False(source.TryFail(Errno.ENODEV));
        Assert.False(source.TrySignal());
        Assert.Equal(Errno.EIO, source.Fence.Error);
    }

    [Fact]
    public void Numbers_are_dense_in_a_context_and_ids_are_unique_between_contexts()
    {
        var other = new FenceContext("queue");
        Assert.Equal([1UL, 2UL, 3UL], [.. Enumerable.Range(0, 3).Select(_ => _context.CreateFence().Fence.SequenceNumber)]);
        Assert.Equal(1UL, other.CreateFence().Fence.SequenceNumber);
        Assert.NotEqual(_context.Id, other.Id);
        Assert.Same(other, other.CreateFence().Fence.Context);
    }

    [Fact]
    public void Failing_without_an_error_is_refused_and_leaves_the_fence_pending()
    {
        FenceSource source = _context.CreateFence();
        Assert.Equal(Errno.EINVAL, Assert.Throws<DmaBufException>(() => source.TryFail(Errno.None)).Errno);
        Assert.False(source.Fence.IsSignaled);
    }

    [Fact]
    public void A_default_source_signals_nothing()
    {
        FenceSource source = default;
        Assert.Equal(Errno.EINVAL, Assert.Throws<DmaBufException>(() => source.TrySignal()).Errno);
        Assert.Equal(Errno.EINVAL, Assert.Throws<DmaBufException>(() => source.Fence).Errno);
        source.Dispose();
    }

    [Fact]
    public void A_producer_that_gives_up_leaves_nobody_waiting()
    {
        FenceSource source = _context.CreateFence();
        source.Dispose();
        Assert.True(source.Fence.IsSignaled);
        Assert.Equal(Errno.ECANCELED, source.Fence.Error);
    }

    [Fact]
    public void Disposing_a_source_after_the_signal_changes_nothing()
    {
        FenceSource source = _context.CreateFence();
        source.TrySignal();
        source.Dispose();
        Assert.Equal(Errno.None, source.Fence.Error);
    }

    [Fact]
    public void Null_is_refused()
    {
        Assert.Throws<ArgumentNullException>(() => new FenceContext(null!));
        Assert.Throws<ArgumentNullException>(() => _context.CreateFence().Fence.OnSignaled(null!, null));
    }

    [Fact]
    public void The_text_says_context_number_and_state()
    {
        FenceSource source = _context.CreateFence();
        string name = $"queue#{_context.Id}:1";
        Assert.Equal($"{name} pending", source.Fence.ToString());
        source.TryFail(Errno.EIO);
        Assert.Equal($"{name} failed EIO", source.Fence.ToString());
    }
}
