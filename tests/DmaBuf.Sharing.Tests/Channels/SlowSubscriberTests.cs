namespace DmaBuf.Sharing.Tests;

/// <summary>What each policy does to a subscriber that does not keep up, and that it does so to nobody else.</summary>
public sealed class SlowSubscriberTests : ChannelTest
{
    [Fact]
    public async Task Block_waits_for_the_time_given_and_names_who_has_the_buffers()
    {
        using FramePublisher publisher = FramePublisher.Create(Options(buffers: 2));
        (_, FrameSubscriber subscriber) = await JoinAsync(publisher);
        using (subscriber)
        {
            Publish(publisher);
            Publish(publisher);
            Assert.Contains($"process {Environment.ProcessId} has 2", Refused(Errno.ETIMEDOUT, () => publisher.Loan(Token)).Message, StringComparison.Ordinal);
            Assert.Equal(1, publisher.LostLoans);
            Assert.Equal([1, 2], Drain(subscriber));
        }
    }

    [Fact]
    public async Task A_publisher_that_sleeps_for_a_buffer_is_woken_by_the_release()
    {
        using FramePublisher publisher = FramePublisher.Create(Options(buffers: 2) with { Timeout = Long });
        (_, FrameSubscriber subscriber) = await JoinAsync(publisher);
        using (subscriber)
        {
            Publish(publisher);
            Publish(publisher);
            for (ulong frame = 1; frame <= 200; frame++)
            {
                Task producer = Task.Run(() => Publish(publisher), Token);
                if (frame % 2 == 0)
                    await Task.Yield();
                Assert.Equal(frame, TakeAndRelease(subscriber));
                await producer;
            }
        }
    }

    [Fact]
    public async Task A_wait_for_a_buffer_ends_with_its_token_and_with_the_channel()
    {
        FramePublisher publisher = FramePublisher.Create(Options(buffers: 2) with { Timeout = Timeout.InfiniteTimeSpan });
        (_, FrameSubscriber subscriber) = await JoinAsync(publisher);
        using (subscriber)
        {
            Publish(publisher);
            Publish(publisher);
            using CancellationTokenSource cancelling = new();
            Task waiter = Task.Run(() => publisher.Loan(cancelling.Token), Token);
            await cancelling.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiter);

            Task last = Task.Run(() => publisher.Loan(Token), Token);
            publisher.Dispose();
            await Assert.ThrowsAsync<ObjectDisposedException>(() => last);
        }
    }

    [Fact]
    public async Task A_wait_for_a_buffer_ends_when_who_has_it_goes()
    {
        using FramePublisher publisher = FramePublisher.Create(Options(buffers: 2) with { Timeout = Long });
        (_, FrameSubscriber subscriber) = await JoinAsync(publisher);
        Publish(publisher);
        Publish(publisher);
        Frame held = Take(subscriber);
        Task<ulong> waiter = Task.Run(() => Publish(publisher), Token);
        subscriber.Dispose();
        Assert.Equal(3u, await waiter);
        held.Dispose();
    }

    [Fact]
    public async Task Drop_oldest_takes_back_what_was_not_taken_from_the_slow_one_alone()
    {
        using FramePublisher publisher = FramePublisher.Create(Options(SlowSubscriberPolicy.DropOldest, buffers: 6, share: 3));
        (ChannelMember slow, FrameSubscriber sleepy) = await JoinAsync(publisher);
        (ChannelMember quick, FrameSubscriber awake) = await JoinAsync(publisher);
        using (sleepy)
        using (awake)
        {
            for (ulong frame = 1; frame <= 50; frame++)
            {
                Publish(publisher);
                Assert.Equal(frame, TakeAndRelease(awake));
            }

            Assert.Equal([48, 49, 50], Drain(sleepy));
            Assert.Equal((47L, 0L), (slow.Dropped, quick.Dropped));
            Assert.Equal(6, publisher.FreeBuffers);
        }
    }

    [Fact]
    public async Task Drop_oldest_leaves_what_is_held_and_gives_up_the_newest_instead()
    {
        using FramePublisher publisher = FramePublisher.Create(Options(SlowSubscriberPolicy.DropOldest, buffers: 6, share: 2));
        (ChannelMember member, FrameSubscriber subscriber) = await JoinAsync(publisher);
        using (subscriber)
        {
            Publish(publisher);
            Publish(publisher);
            using Frame first = Take(subscriber);
            using Frame second = Take(subscriber);
            for (int frame = 0; frame < 20; frame++)
                Publish(publisher);
            Assert.False(subscriber.TryReceive(out _));
            Assert.Equal(20, member.Dropped);
            Assert.False(first.Span.ContainsAnyExcept((byte)1));
            Assert.False(second.Span.ContainsAnyExcept((byte)2));
            first.Dispose();
            Publish(publisher);
            Assert.Equal(23u, TakeAndRelease(subscriber));
        }
    }

    [Fact]
    public async Task Drop_oldest_takes_back_frames_of_several_when_no_buffer_is_left()
    {
        using FramePublisher publisher = FramePublisher.Create(Options(SlowSubscriberPolicy.DropOldest, buffers: 4, share: 3));
        (_, FrameSubscriber holder) = await JoinAsync(publisher);
        (_, FrameSubscriber sleepy) = await JoinAsync(publisher);
        using (holder)
        using (sleepy)
        {
            Frame[] held = new Frame[3];
            for (int frame = 0; frame < 3; frame++)
            {
                Publish(publisher);
                held[frame] = Take(holder);
            }

            // Three are held by one and one is left, which the other gets again and again.
            for (int frame = 0; frame < 10; frame++)
                Publish(publisher);
            Assert.Equal(13u, Drain(sleepy)[^1]);
            foreach (Frame frame in held)
            {
                Assert.False(frame.Span.ContainsAnyExcept((byte)frame.Sequence));
                frame.Dispose();
            }

            Assert.Equal(4, publisher.FreeBuffers);
        }
    }

    [Fact]
    public async Task Drop_newest_keeps_what_came_first()
    {
        using FramePublisher publisher = FramePublisher.Create(Options(SlowSubscriberPolicy.DropNewest, buffers: 6, share: 2));
        (ChannelMember slow, FrameSubscriber sleepy) = await JoinAsync(publisher);
        (ChannelMember quick, FrameSubscriber awake) = await JoinAsync(publisher);
        using (sleepy)
        using (awake)
        {
            for (ulong frame = 1; frame <= 20; frame++)
            {
                Publish(publisher);
                Assert.Equal(frame, TakeAndRelease(awake));
            }

            Assert.Equal([1, 2], Drain(sleepy));
            Publish(publisher);
            Assert.Equal([21], Drain(sleepy));
            Assert.Equal((18L, 0L), (slow.Dropped, quick.Dropped));
            Drain(awake);
        }
    }

    [Fact]
    public async Task Drop_newest_refuses_the_loan_at_once_when_all_buffers_are_held()
    {
        using FramePublisher publisher = FramePublisher.Create(Options(SlowSubscriberPolicy.DropNewest, buffers: 2, share: 1));
        (_, FrameSubscriber first) = await JoinAsync(publisher);
        Publish(publisher);
        (_, FrameSubscriber second) = await JoinAsync(publisher);
        using (first)
        using (second)
        {
            Publish(publisher);
            Refused(Errno.EAGAIN, () => publisher.Loan(Token));
            Drain(first);
            Assert.Equal(3u, Publish(publisher));
        }
    }

    [Fact]
    public async Task Disconnect_ends_the_slow_one_and_nobody_else()
    {
        using FramePublisher publisher = FramePublisher.Create(Options(SlowSubscriberPolicy.Disconnect, buffers: 4, share: 2));
        (ChannelMember slow, FrameSubscriber sleepy) = await JoinAsync(publisher);
        (_, FrameSubscriber awake) = await JoinAsync(publisher);
        using (sleepy)
        using (awake)
        {
            Publish(publisher);
            TakeAndRelease(awake);
            Frame held = Take(sleepy);
            for (ulong frame = 2; frame <= 20; frame++)
            {
                Publish(publisher);
                Assert.Equal(frame, TakeAndRelease(awake));
            }

            Assert.False(held.IsIntact);
            held.Dispose();
            Assert.Equal(ReceiveResult.Ended, sleepy.Receive(out _, Long, Token));
            Assert.Equal((ChannelEndReason.TooSlow, ChannelEndReason.TooSlow), (sleepy.EndReason, slow.EndReason));
            Assert.Single(publisher.Members);
            Assert.Equal(4, publisher.FreeBuffers);
        }
    }

    [Fact]
    public async Task A_subscriber_that_the_program_disconnects_is_told_so_and_its_holds_are_released()
    {
        using FramePublisher publisher = FramePublisher.Create(Options());
        (ChannelMember member, FrameSubscriber subscriber) = await JoinAsync(publisher);
        using (subscriber)
        {
            Publish(publisher);
            Frame held = Take(subscriber);
            Publish(publisher);
            publisher.Disconnect(member);
            publisher.Disconnect(member);
            Assert.Equal(4, publisher.FreeBuffers);
            Assert.Equal(ReceiveResult.Ended, subscriber.Receive(out _, Long, Token));
            Assert.Equal(ChannelEndReason.Disconnected, subscriber.EndReason);
            Assert.False(held.IsIntact);
            held.Dispose();
        }
    }
}
