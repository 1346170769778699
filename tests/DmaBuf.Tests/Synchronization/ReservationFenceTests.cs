namespace DmaBuf.Tests.Synchronization;

public sealed class ReservationFenceTests
{
    private static readonly FenceUsage[] s_usages = [FenceUsage.Kernel, FenceUsage.Write, FenceUsage.Read, FenceUsage.Bookkeep];

    private readonly Reservation _reservation = new();
    private readonly FenceContext _context = new("queue");

    [Fact]
    public void A_query_for_one_class_includes_all_earlier_ones_and_no_later_one()
    {
        foreach (FenceUsage usage in s_usages)
            Add(usage, new FenceContext(usage.ToString()).CreateFence());
        foreach (FenceUsage asked in s_usages)
        {
            FenceSnapshot snapshot = _reservation.Snapshot(asked);
            Assert.Equal(s_usages.Where(usage => usage <= asked), Enumerable.Range(0, snapshot.Count).Select(snapshot.UsageOf));
            Assert.Equal(s_usages.Where(usage => usage <= asked).Select(static usage => usage.ToString()), snapshot.Select(static fence => fence.Context.Name));
        }
    }

    [Theory]
    [InlineData(FenceUsage.Kernel, false, false)]
    [InlineData(FenceUsage.Write, false, false)]
    [InlineData(FenceUsage.Read, true, false)]
    [InlineData(FenceUsage.Bookkeep, true, true)]
    public async Task Readers_wait_for_writers_and_writers_wait_for_both(FenceUsage pending, bool readable, bool writable)
    {
        FenceSource source = Add(pending);
        Assert.Equal(readable, _reservation.IsReadable);
        Assert.Equal(writable, _reservation.IsWritable);
        Task reader = _reservation.WaitReadableAsync(TestContext.Current.CancellationToken).AsTask();
        Task writer = _reservation.WaitWritableAsync(TestContext.Current.CancellationToken).AsTask();
        Assert.Equal(readable, reader.IsCompleted);
        Assert.Equal(writable, writer.IsCompleted);
        source.TrySignal();
        await Task.WhenAll(reader, writer);
        Assert.True(_reservation.IsReadable && _reservation.IsWritable);
    }

    [Theory]
    [InlineData(DmaDirection.Bidirectional, FenceUsage.Read)]
    [InlineData(DmaDirection.ToDevice, FenceUsage.Read)]
    [InlineData(DmaDirection.FromDevice, FenceUsage.Write)]
    public void A_direction_says_which_fences_an_implicit_access_waits_for(DmaDirection direction, FenceUsage expected)
        => Assert.Equal(expected, Reservation.ImplicitWaitUsage(direction));

    [Fact]
    public void Unknown_directions_and_usages_are_EINVAL_and_change_nothing()
    {
        Fence fence = _context.CreateFence().Fence;
        foreach (int unknown in new[] { -1, 4 })
        {
            Assert.Equal(Errno.EINVAL, Assert.Throws<DmaBufException>(() => Reservation.ImplicitWaitUsage((DmaDirection)unknown)).Errno);
            Assert.Equal(Errno.EINVAL, Assert.Throws<DmaBufException>(() => _reservation.Snapshot((FenceUsage)unknown)).Errno);
            Assert.Equal(Errno.EINVAL, Assert.Throws<DmaBufException>(() => _reservation.HasPending((FenceUsage)unknown)).Errno);
            Assert.Equal(Errno.EINVAL, Assert.Throws<DmaBufException>(() => Add(fence, (FenceUsage)unknown)).Errno);
        }

        Assert.Throws<ArgumentNullException>(() => Add(null!, FenceUsage.Read));
        Assert.False(_reservation.HasPending(FenceUsage.Bookkeep));
    }

    [Fact]
    public void Adding_a_fence_needs_the_proof_of_this_lock()
    {
        ReservationLock stale = _reservation.Lock();
        stale.Dispose();
        Errno errno = Errno.None;
        try
        {
            _reservation.AddFence(in stale, _context.CreateFence().Fence, FenceUsage.Write);
        }
        catch (DmaBufException refused)
        {
            errno = refused.Errno;
        }

        Assert.Equal(Errno.EINVAL, errno);
        Assert.False(_reservation.HasPending(FenceUsage.Bookkeep));
    }

    [Fact]
    public void A_later_fence_of_a_context_takes_the_place_of_an_earlier_one_of_its_class()
    {
        FenceSource first = Add(FenceUsage.Read), second = Add(FenceUsage.Read), other = Add(FenceUsage.Read, new FenceContext("other").CreateFence());
        Assert.Equal([second.Fence, other.Fence], _reservation.Snapshot(FenceUsage.Bookkeep));
        Assert.False(first.Fence.IsSignaled);
    }

    [Fact]
    public void An_earlier_fence_of_a_context_is_forgotten_only_if_the_later_one_asks_as_many_to_wait()
    {
        FenceSource write = Add(FenceUsage.Write), read = Add(FenceUsage.Read);
        Assert.Equal([write.Fence, read.Fence], _reservation.Snapshot(FenceUsage.Bookkeep));
        FenceSource move = Add(FenceUsage.Kernel);
        Assert.Equal([move.Fence], _reservation.Snapshot(FenceUsage.Bookkeep));
    }

    [Fact]
    public void A_fence_that_comes_out_of_order_does_not_push_out_a_later_one()
    {
        FenceSource earlier = _context.CreateFence(), later = _context.CreateFence();
        Add(FenceUsage.Write, later);
        Add(FenceUsage.Write, earlier);
        Assert.Contains(later.Fence, _reservation.Snapshot(FenceUsage.Write));
    }

    [Fact]
    public void Signaled_fences_are_neither_added_nor_kept_nor_shown()
    {
        FenceSource gone = Add(FenceUsage.Write);
        gone.TryFail(Errno.EIO);
        Assert.Same(FenceSnapshot.Empty, _reservation.Snapshot(FenceUsage.Bookkeep));
        Assert.False(_reservation.HasPending(FenceUsage.Bookkeep));
        Add(gone.Fence, FenceUsage.Write);
        FenceSource pending = Add(FenceUsage.Write, new FenceContext("other").CreateFence());
        Assert.Equal([pending.Fence], _reservation.Snapshot(FenceUsage.Bookkeep));
    }

    [Fact]
    public void A_snapshot_of_nothing_pending_allocates_nothing()
    {
        Add(FenceUsage.Write).TrySignal();
        Add(FenceUsage.Bookkeep, new FenceContext("other").CreateFence());
        Assert.Same(FenceSnapshot.Empty, _reservation.Snapshot(FenceUsage.Read));
        bool completed = true;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            _ = _reservation.Snapshot(FenceUsage.Read);
            _ = _reservation.HasPending(FenceUsage.Read);
            completed &= _reservation.WaitReadableAsync(CancellationToken.None).AsTask().IsCompletedSuccessfully;
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(completed);
    }

    [Fact]
    public void A_snapshot_does_not_change_when_fences_come_and_signal()
    {
        FenceSource first = Add(FenceUsage.Write);
        FenceSnapshot snapshot = _reservation.Snapshot(FenceUsage.Write);
        Add(FenceUsage.Write, new FenceContext("later").CreateFence());
        Assert.Same(first.Fence, Assert.Single(snapshot));
        Assert.Same(first.Fence, snapshot[0]);
        Assert.False(snapshot.IsSignaled);
        first.TryFail(Errno.EIO);
        Assert.True(snapshot.IsSignaled);
        Assert.Equal(Errno.EIO, snapshot.Error);
        Assert.True(_reservation.HasPending(FenceUsage.Write));
    }

    [Fact]
    public async Task Waiting_for_a_snapshot_ends_with_its_last_fence_in_any_form()
    {
        FenceSource read = Add(FenceUsage.Read), write = Add(FenceUsage.Write, new FenceContext("writer").CreateFence());
        FenceSnapshot snapshot = _reservation.Snapshot(FenceUsage.Bookkeep);
        Fence merged = snapshot.Merge();
        Task plain = snapshot.WaitAsync(TestContext.Current.CancellationToken).AsTask();
        Task<bool> limited = snapshot.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken).AsTask();
        write.TrySignal();
        Assert.False(plain.IsCompleted || limited.IsCompleted || merged.IsSignaled);
        read.TrySignal();
        await plain;
        Assert.True(await limited);
        Assert.True(merged.IsSignaled);
        Assert.True(snapshot.Wait(TimeSpan.Zero, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_fence_that_never_signals_holds_up_only_those_who_wait_for_it()
    {
        Add(FenceUsage.Bookkeep);
        FenceSnapshot stuck = _reservation.Snapshot(FenceUsage.Bookkeep);
        Assert.False(await stuck.WaitAsync(TimeSpan.FromMilliseconds(5), TestContext.Current.CancellationToken));
        Assert.False(stuck.Wait(TimeSpan.FromMilliseconds(5), TestContext.Current.CancellationToken));
        using var cancellation = new CancellationTokenSource();
        Task canceled = stuck.WaitAsync(cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => canceled);

        Assert.True(_reservation.IsReadable && _reservation.IsWritable);
        await _reservation.WaitWritableAsync(TestContext.Current.CancellationToken);
        Add(FenceUsage.Write, new FenceContext("other").CreateFence()).TrySignal();
    }

    [Fact]
    public void Fences_may_be_added_with_the_proof_of_a_ticket()
    {
        using ReservationTicket ticket = ReservationTicket.LockAll(_reservation);
        _reservation.AddFence(ticket.Proof(_reservation), _context.CreateFence().Fence, FenceUsage.Write);
        Assert.True(_reservation.HasPending(FenceUsage.Write));
    }

    private FenceSource Add(FenceUsage usage) => Add(usage, _context.CreateFence());

    private FenceSource Add(FenceUsage usage, FenceSource source)
    {
        Add(source.Fence, usage);
        return source;
    }

    private void Add(Fence fence, FenceUsage usage)
    {
        using ReservationLock held = _reservation.Lock();
        _reservation.AddFence(in held, fence, usage);
    }
}
