namespace DmaBuf.Tests.Synchronization;

public sealed class FenceMergeTests
{
    private readonly FenceContext _red = new("red");
    private readonly FenceContext _blue = new("blue");

    [Fact]
    public void Merging_nothing_gives_a_signaled_fence()
    {
        Assert.True(Fence.Merge().IsSignaled);
        Assert.Equal(Errno.None, Fence.Merge().Error);
    }

    [Fact]
    public void A_merged_fence_signals_with_the_last_of_its_parts()
    {
        FenceSource red = _red.CreateFence(), blue = _blue.CreateFence();
        Fence merged = Fence.Merge(red.Fence, blue.Fence);
        Assert.NotEqual(_red.Id, merged.Context.Id);
        Assert.NotEqual(_blue.Id, merged.Context.Id);
        blue.TrySignal();
        Assert.False(merged.IsSignaled);
        red.TrySignal();
        Assert.True(merged.IsSignaled);
        Assert.Equal(Errno.None, merged.Error);
    }

    [Fact]
    public void The_first_error_in_time_wins_and_the_merged_fence_still_waits_for_all()
    {
        FenceSource red = _red.CreateFence(), blue = _blue.CreateFence(), green = new FenceContext("green").CreateFence();
        Fence merged = Fence.Merge(red.Fence, blue.Fence, green.Fence);
        blue.TryFail(Errno.EIO);
        red.TryFail(Errno.ENODEV);
        Assert.False(merged.IsSignaled);
        green.TrySignal();
        Assert.Equal(Errno.EIO, merged.Error);
    }

    [Fact]
    public void Of_one_context_only_the_latest_is_waited_for()
    {
        FenceSource first = _red.CreateFence(), second = _red.CreateFence(), blue = _blue.CreateFence();
        Fence merged = Fence.Merge(second.Fence, blue.Fence, first.Fence);
        blue.TrySignal();
        second.TrySignal();
        Assert.True(merged.IsSignaled);
    }

    [Fact]
    public void One_pending_fence_stands_for_itself()
    {
        FenceSource first = _red.CreateFence(), second = _red.CreateFence(), done = _blue.CreateFence();
        done.TrySignal();
        Assert.Same(second.Fence, Fence.Merge(done.Fence, first.Fence, second.Fence, second.Fence));
    }

    [Fact]
    public void An_error_that_is_known_already_is_not_lost()
    {
        FenceSource failed = _red.CreateFence(), pending = _blue.CreateFence();
        failed.TryFail(Errno.ENODEV);
        Assert.Equal(Errno.ENODEV, Fence.Merge(failed.Fence).Error);
        Fence merged = Fence.Merge(failed.Fence, pending.Fence);
        Assert.False(merged.IsSignaled);
        pending.TrySignal();
        Assert.Equal(Errno.ENODEV, merged.Error);
    }

    [Fact]
    public void An_error_inside_a_merged_fence_is_not_lost_when_it_is_merged_again()
    {
        FenceSource red = _red.CreateFence(), blue = _blue.CreateFence(), green = new FenceContext("green").CreateFence();
        Fence inner = Fence.Merge(red.Fence, blue.Fence);
        red.TryFail(Errno.EIO);
        Fence outer = Fence.Merge(inner, green.Fence);
        blue.TrySignal();
        green.TrySignal();
        Assert.Equal(Errno.EIO, outer.Error);
    }

    [Fact]
    public void A_chain_of_merges_stays_flat_so_that_a_long_one_does_not_overflow_the_stack()
    {
        FenceSource blue = _blue.CreateFence(), red = _red.CreateFence();
        Fence chain = Fence.Merge(blue.Fence, red.Fence);
        for (int i = 0; i < 20_000; i++)
            chain = Fence.Merge(chain, (red = _red.CreateFence()).Fence);
        red.TrySignal();
        Assert.False(chain.IsSignaled);
        blue.TrySignal();
        Assert.True(chain.IsSignaled);
    }

    [Fact]
    public void A_null_among_the_fences_is_refused()
        => Assert.Throws<ArgumentNullException>(() => Fence.Merge(_red.CreateFence().Fence, null!));
}
