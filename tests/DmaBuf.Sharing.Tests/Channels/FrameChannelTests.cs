namespace DmaBuf.Sharing.Tests;

/// <summary>Frames go from a publisher to its subscribers and their buffers come back.</summary>
public sealed class FrameChannelTests : ChannelTest
{
    [Fact]
    public async Task A_frame_arrives_as_it_was_published()
    {
        using FramePublisher publisher = FramePublisher.Create(Options());
        (ChannelMember member, FrameSubscriber subscriber) = await JoinAsync(publisher);
        using (subscriber)
        {
            FrameDescription description = new(0x34325258, 7, 64, 48, 256, new(1, 2, 3, 4), new(1, 16, 9, 1));
            FrameLoan loan = publisher.Loan(Token);
            loan.Span[..3].Fill(9);
            Assert.Equal(1u, loan.Publish(3, new() { TimeStamp = 5, Tag = 6, Description = description, UserBytes = "user"u8 }));
            using Frame frame = Receive(subscriber);
            Assert.Equal([9, 9, 9], frame.Span.ToArray());
            Assert.Equal((1u, 3u, 5L, 6u), (frame.Sequence, frame.Size, frame.TimeStamp, frame.Tag));
            Assert.Equal(description, frame.Description);
            Assert.Equal("user"u8.ToArray(), frame.UserBytes.ToArray());
            Assert.True(frame.IsIntact);
            Assert.Equal((1u, 0L), (member.Delivered, member.Dropped));
        }
    }

    [Fact]
    public async Task A_frame_without_words_says_nothing_of_the_frame_before()
    {
        using FramePublisher publisher = FramePublisher.Create(Options(buffers: 2));
        (_, FrameSubscriber subscriber) = await JoinAsync(publisher);
        using (subscriber)
        {
            for (int round = 0; round < 4; round++)
            {
                publisher.Loan(Token).Publish(1, new() { Description = new(1, 2, 3, 4, 5), UserBytes = "x"u8 });
                Receive(subscriber).Dispose();
                publisher.Loan(Token).Publish(1);
                using Frame frame = Receive(subscriber);
                Assert.Equal(default, frame.Description);
                Assert.True(frame.UserBytes.IsEmpty);
            }
        }
    }

    [Fact]
    public async Task Buffers_come_back_in_whatever_order_they_are_released()
    {
        using FramePublisher publisher = FramePublisher.Create(Options(buffers: 3));
        (_, FrameSubscriber subscriber) = await JoinAsync(publisher);
        using (subscriber)
        {
            Frame[] frames = new Frame[3];
            for (int index = 0; index < 3; index++)
            {
                Publish(publisher);
                frames[index] = Take(subscriber);
            }

            Assert.Equal(0, publisher.FreeBuffers);
            foreach (int index in (int[])[1, 0, 2])
            {
                frames[index].Dispose();
                frames[index].Dispose(); // once is enough, twice is no more
                Assert.Equal(1, publisher.FreeBuffers);
                Publish(publisher);
                frames[index] = Take(subscriber);
            }

            Array.ForEach(frames, static frame => frame.Dispose());
            Assert.Equal(3, publisher.FreeBuffers);
        }
    }

    [Fact]
    public async Task A_buffer_is_free_when_the_last_of_several_subscribers_released_it()
    {
        using FramePublisher publisher = FramePublisher.Create(Options());
        (_, FrameSubscriber first) = await JoinAsync(publisher);
        (_, FrameSubscriber second) = await JoinAsync(publisher);
        using (first)
        using (second)
        {
            Publish(publisher);
            TakeAndRelease(first);
            Assert.Equal(3, publisher.FreeBuffers);
            TakeAndRelease(second);
            Assert.Equal(4, publisher.FreeBuffers);
        }
    }

    [Fact]
    public async Task Without_subscribers_frames_go_nowhere_and_who_joins_gets_what_comes_later()
    {
        using FramePublisher publisher = FramePublisher.Create(Options());
        for (int frame = 0; frame < 100; frame++)
            Publish(publisher);
        (_, FrameSubscriber subscriber) = await JoinAsync(publisher);
        using (subscriber)
        {
            Assert.False(subscriber.TryReceive(out _));
            Publish(publisher);
            Assert.Equal(101u, TakeAndRelease(subscriber));
        }
    }

    [Fact]
    public async Task Who_joins_late_gets_the_latest_frame_where_the_channel_keeps_it()
    {
        using FramePublisher publisher = FramePublisher.Create(Options(buffers: 2) with { KeepLatest = true });
        for (int frame = 0; frame < 10; frame++)
            Publish(publisher);
        (_, FrameSubscriber subscriber) = await JoinAsync(publisher);
        using (subscriber)
        {
            Assert.Equal(10u, TakeAndRelease(subscriber));
            for (ulong next = 11; next < 20; next++)
            {
                Publish(publisher);
                Assert.Equal(next, TakeAndRelease(subscriber));
            }
        }
    }

    [Fact]
    public async Task The_blocking_form_allocates_nothing()
    {
        using FramePublisher publisher = FramePublisher.Create(Options(buffers: 2));
        (_, FrameSubscriber subscriber) = await JoinAsync(publisher);
        using (subscriber)
        {
            for (int frame = 0; frame < 100; frame++)
                HandOver();
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int frame = 0; frame < 1000; frame++)
                HandOver();
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        void HandOver()
        {
            FrameLoan loan = publisher.Loan();
            loan.Publish(8, new() { Tag = 1, Description = new(1, 2, 3, 4, 5) });
            if (subscriber.Receive(out Frame frame, Timeout.InfiniteTimeSpan) == ReceiveResult.Received)
                frame.Dispose();
        }
    }

    [Fact]
    public async Task Frames_are_awaited_until_the_publisher_closes()
    {
        FramePublisher publisher = FramePublisher.Create(Options(buffers: 3) with { Timeout = Long });
        (_, FrameSubscriber subscriber) = await JoinAsync(publisher);
        using (subscriber)
        {
            Task producer = Task.Run(
                () =>
                {
                    for (int frame = 0; frame < 500; frame++)
                        Publish(publisher);
                    publisher.Dispose();
                }, Token);
            ulong expected = 0;
            await foreach (Frame frame in subscriber.WithCancellation(Token))
            {
                using (frame)
                {
                    Assert.Equal(++expected, frame.Sequence);
                    Assert.False(frame.Span.ContainsAnyExcept((byte)frame.Sequence));
                }
            }

            await producer;
            Assert.Equal(500u, expected);
            Assert.Equal(ChannelEndReason.Closed, subscriber.EndReason);
        }
    }

    [Fact]
    public async Task A_sleeping_receiver_is_woken_by_the_frame()
    {
        using FramePublisher publisher = FramePublisher.Create(Options());
        (_, FrameSubscriber subscriber) = await JoinAsync(publisher);
        using (subscriber)
        {
            for (ulong frame = 1; frame <= 200; frame++)
            {
                Task<ulong> receiver = Task.Run(() => TakeAndRelease(subscriber), Token);
                if (frame % 2 == 0)
                    await Task.Yield();
                Publish(publisher);
                Assert.Equal(frame, await receiver);
            }
        }
    }

    [Fact]
    public async Task A_receive_ends_with_its_time_its_token_and_its_subscriber()
    {
        using FramePublisher publisher = FramePublisher.Create(Options());
        (_, FrameSubscriber subscriber) = await JoinAsync(publisher);
        Assert.Equal(ReceiveResult.TimedOut, subscriber.Receive(out _, TimeSpan.FromMilliseconds(1), Token));
        Assert.Equal(ReceiveResult.TimedOut, subscriber.Receive(out _, TimeSpan.Zero, Token));

        using CancellationTokenSource cancelling = new();
        Task blocked = Task.Run(() => subscriber.Receive(out _, Long, cancelling.Token), Token);
        await cancelling.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => blocked);

        using CancellationTokenSource awaiting = new();
        Task<Frame?> awaited = subscriber.ReceiveAsync(awaiting.Token).AsTask();
        await awaiting.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => awaited);

        Task<Frame?> last = subscriber.ReceiveAsync(Token).AsTask();
        subscriber.Dispose();
        Assert.True((await Record.ExceptionAsync(() => last)) is null or ObjectDisposedException);
        Assert.Throws<ObjectDisposedException>(() => subscriber.TryReceive(out _));
        Assert.Equal(ChannelEndReason.Left, subscriber.EndReason);
    }

    [Fact]
    public async Task What_was_published_before_the_close_is_received_after_it()
    {
        FramePublisher publisher = FramePublisher.Create(Options());
        (ChannelMember member, FrameSubscriber subscriber) = await JoinAsync(publisher);
        using (subscriber)
        {
            Publish(publisher);
            Publish(publisher);
            publisher.Dispose();
            Assert.Equal(1u, TakeAndRelease(subscriber));
            Assert.Equal(2u, TakeAndRelease(subscriber));
            Assert.Equal(ReceiveResult.Ended, subscriber.Receive(out _, Long, Token));
            Assert.Equal((ChannelEndReason.Closed, ChannelEndReason.Closed), (subscriber.EndReason, member.EndReason));
        }
    }

    [Fact]
    public async Task Frames_and_loans_outlive_what_they_came_from()
    {
        FramePublisher publisher = FramePublisher.Create(Options());
        (_, FrameSubscriber subscriber) = await JoinAsync(publisher);
        FrameLoan loan = publisher.Loan(Token);
        Publish(publisher);
        Frame frame = Take(subscriber);
        publisher.Dispose();
        subscriber.Dispose();
        loan.Span.Fill(3);
        Assert.Throws<ObjectDisposedException>(() => loan.Publish(1));
        Assert.False(frame.Span.ContainsAnyExcept((byte)1));
        loan.Dispose();
        frame.Dispose();
        Assert.False(frame.IsIntact);
        Refused(Errno.EINVAL, () => _ = frame.Span);
        Refused(Errno.EINVAL, () => _ = loan.Span);
    }

    [Fact]
    public async Task Contents_that_come_later_are_waited_for_and_keep_their_buffer()
    {
        using FramePublisher publisher = FramePublisher.Create(Options(buffers: 2));
        (_, FrameSubscriber subscriber) = await JoinAsync(publisher);
        using (subscriber)
        {
            using FenceSource copying = new FenceContext("copy").CreateFence();
            FrameLoan loan = publisher.Loan(Token);
            Span<byte> bytes = loan.Span;
            loan.Publish(64, new() { Contents = copying.Fence });
            Frame frame = Receive(subscriber);
            Assert.True(frame.IsContentsPending);
            Assert.False(frame.WaitForContents(TimeSpan.FromMilliseconds(1), Token));
            Task<bool> reader = Task.Run(() => frame.WaitForContents(Long, Token), Token);
            bytes.Fill(1);
            Assert.True(copying.TrySignal());
            Assert.True(await reader);
            Assert.False(frame.Span.ContainsAnyExcept((byte)1));
            frame.Dispose();
            Assert.Equal(2, publisher.FreeBuffers);
        }
    }

    [Fact]
    public async Task A_buffer_still_being_written_is_not_given_out_though_all_have_released_it()
    {
        using FramePublisher publisher = FramePublisher.Create(Options(buffers: 2));
        (_, FrameSubscriber subscriber) = await JoinAsync(publisher);
        using (subscriber)
        {
            using FenceSource copying = new FenceContext("copy").CreateFence();
            publisher.Loan(Token).Publish(1, new() { Contents = copying.Fence });
            Receive(subscriber).Dispose();
            Assert.Equal(1, publisher.FreeBuffers);
            Assert.True(copying.TryFail(Errno.EIO));
            Assert.Equal(2, publisher.FreeBuffers);
        }
    }

    [Fact]
    public async Task Contents_that_failed_are_told_with_their_error()
    {
        using FramePublisher publisher = FramePublisher.Create(Options(buffers: 2));
        (_, FrameSubscriber subscriber) = await JoinAsync(publisher);
        using (subscriber)
        {
            FenceSource copying = new FenceContext("copy").CreateFence();
            Assert.True(copying.TryFail(Errno.EIO));
            publisher.Loan(Token).Publish(1, new() { Contents = copying.Fence });
            using Frame frame = Receive(subscriber);
            Refused(Errno.EIO, () => frame.WaitForContents(Long, Token));
        }
    }

    [Fact]
    public async Task A_frame_is_released_when_the_reading_that_goes_on_has_ended()
    {
        using FramePublisher publisher = FramePublisher.Create(Options(buffers: 2));
        (_, FrameSubscriber subscriber) = await JoinAsync(publisher);
        using (subscriber)
        {
            using FenceSource reading = new FenceContext("display").CreateFence();
            Publish(publisher);
            Take(subscriber).ReleaseAfter(reading.Fence);
            Assert.Equal(1, publisher.FreeBuffers);
            Assert.True(reading.TrySignal());
            Assert.Equal(2, publisher.FreeBuffers);
        }
    }

    [Fact]
    public async Task A_loan_ends_once()
    {
        using FramePublisher publisher = FramePublisher.Create(Options(buffers: 2));
        (_, FrameSubscriber subscriber) = await JoinAsync(publisher);
        using (subscriber)
        {
            FrameLoan loan = publisher.Loan(Token);
            Refused(Errno.EINVAL, () => loan.Publish(65));
            Refused(Errno.EINVAL, () => loan.Publish(1, new() { UserBytes = new byte[17] }));
            loan.Publish(1);
            Refused(Errno.EINVAL, () => loan.Publish(1));
            loan.Dispose();
            Assert.Equal(1, publisher.FreeBuffers);
            publisher.Loan(Token).Dispose();
            Assert.Equal(1, publisher.FreeBuffers);
            Receive(subscriber).Dispose();
        }
    }

    [Fact]
    public void Options_that_cannot_be_are_refused_by_name()
    {
        Assert.Contains("BufferCount", Refused(Errno.EINVAL, () => FramePublisher.Create(Options(buffers: 1))).Message, StringComparison.Ordinal);
        Assert.Contains("BufferBytes", Refused(Errno.EINVAL, () => FramePublisher.Create(Options(bytes: 0))).Message, StringComparison.Ordinal);
        Assert.Contains("MaximumUserBytes", Refused(Errno.EINVAL, () => FramePublisher.Create(Options() with { MaximumUserBytes = 5000 })).Message, StringComparison.Ordinal);
        Assert.Contains("MaximumSubscribers", Refused(Errno.EINVAL, () => FramePublisher.Create(Options() with { MaximumSubscribers = 63 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_subscriber_more_than_there_may_be_is_refused_and_a_place_that_was_left_is_taken_anew()
    {
        using FramePublisher publisher = FramePublisher.Create(Options() with { MaximumSubscribers = 1 });
        (ChannelMember member, FrameSubscriber subscriber) = await JoinAsync(publisher);
        await RefusedAsync(Errno.EBUSY, () => JoinAsync(publisher));
        Publish(publisher);
        subscriber.Dispose();
        WaitUntil(() => publisher.Members.Count == 0);
        Assert.Equal(ChannelEndReason.PeerGone, member.EndReason);
        Assert.Equal(4, publisher.FreeBuffers);
        (_, FrameSubscriber next) = await JoinAsync(publisher);
        using (next)
        {
            Publish(publisher);
            Assert.Equal(2u, TakeAndRelease(next));
        }
    }

    private static Frame Receive(FrameSubscriber subscriber)
    {
        Assert.Equal(ReceiveResult.Received, subscriber.Receive(out Frame frame, Long, Token));
        return frame;
    }
}
