namespace DmaBuf.Sharing.Tests;

/// <summary>Honest and hostile subscribers in C: what they can do, and what they cannot.</summary>
public sealed class ForeignSubscriberTests(ForeignSubscriber foreign) : ForeignProcessTest(foreign)
{
    private const int Bytes = 1024;

    [Theory]
    [InlineData(SlowSubscriberPolicy.Block)]
    [InlineData(SlowSubscriberPolicy.DropOldest)]
    [InlineData(SlowSubscriberPolicy.DropNewest)]
    public async Task A_program_in_another_language_takes_frames_by_the_documented_layout(SlowSubscriberPolicy policy)
    {
        using DescriptorListener listener = Listen();
        FramePublisher publisher = FramePublisher.Create(Options(policy, buffers: 8, bytes: Bytes) with { Timeout = Long });
        (System.Diagnostics.Process process, ChannelMember member) = await InviteAsync(publisher, listener, "take");
        for (int frame = 0; frame < 20_000; frame++)
            PublishNumbered(publisher, Bytes);
        publisher.Dispose();
        await EndAsync(process, 0);
        // With DropOldest what was delivered can be dropped afterwards, and counts as both.
        Assert.InRange(20_000, (long)member.Delivered, (long)member.Delivered + member.Dropped);
        Assert.True(policy != SlowSubscriberPolicy.Block || member.Dropped == 0);
    }

    [Fact]
    public async Task A_subscriber_can_write_shrink_or_punch_nothing_but_its_own_answers()
    {
        using DescriptorListener listener = Listen();
        FramePublisher publisher = FramePublisher.Create(Options(buffers: 8, bytes: 4096) with { Timeout = Long });
        (System.Diagnostics.Process process, _) = await InviteAsync(publisher, listener, "steal");
        for (int frame = 0; frame < 1000; frame++)
            PublishNumbered(publisher, 4096);
        publisher.Dispose();
        await EndAsync(process, 0);
    }

    [Theory]
    [InlineData(SlowSubscriberPolicy.DropOldest)]
    [InlineData(SlowSubscriberPolicy.DropNewest)]
    [InlineData(SlowSubscriberPolicy.Disconnect)]
    public async Task A_subscriber_that_never_releases_costs_nobody_else_a_frame(SlowSubscriberPolicy policy)
    {
        using DescriptorListener listener = Listen();
        using FramePublisher publisher = FramePublisher.Create(Options(policy, buffers: 8, bytes: Bytes, share: 3));
        (System.Diagnostics.Process process, ChannelMember hog) = await InviteAsync(publisher, listener, "hog");
        (ChannelMember member, FrameSubscriber subscriber) = await JoinAsync(publisher);
        using (subscriber)
        {
            for (ulong sequence = 1; sequence <= 10_000; sequence++)
            {
                PublishNumbered(publisher, Bytes);
                Assert.Equal(ReceiveResult.Received, subscriber.Receive(out Frame frame, Long, Token));
                Assert.Equal(sequence, frame.Sequence);
                Assert.True(NumberedFrames.IsWhole(frame.Span, sequence));
                frame.Dispose();
            }

            Assert.Equal(0, member.Dropped);
            Assert.Equal(policy == SlowSubscriberPolicy.Disconnect ? ChannelEndReason.TooSlow : ChannelEndReason.None, hog.EndReason);
            if (policy == SlowSubscriberPolicy.Disconnect)
                await EndAsync(process, 3);
            else
                await KillAsync(process);
            WaitUntil(() => publisher.Members.Count == 1);
            Assert.Equal(8, publisher.FreeBuffers);
        }
    }

    [Theory]
    [InlineData(SlowSubscriberPolicy.Block)]
    [InlineData(SlowSubscriberPolicy.DropOldest)]
    [InlineData(SlowSubscriberPolicy.DropNewest)]
    [InlineData(SlowSubscriberPolicy.Disconnect)]
    public async Task Garbage_in_a_subscribers_answers_harms_that_subscriber_alone(SlowSubscriberPolicy policy)
    {
        using DescriptorListener listener = Listen();
        using FramePublisher publisher = FramePublisher.Create(Options(policy, buffers: 8, bytes: Bytes, share: policy == SlowSubscriberPolicy.Block ? 0 : 3));
        (System.Diagnostics.Process process, ChannelMember scribbler) = await InviteAsync(publisher, listener, "scribble", 42);
        (ChannelMember member, FrameSubscriber subscriber) = await JoinAsync(publisher);
        using (subscriber)
        {
            ulong last = 0;
            int refused = 0;
            for (int attempt = 0; attempt < 10_000 && refused < 5; attempt++)
            {
                try
                {
                    PublishNumbered(publisher, Bytes);
                }
                catch (DmaBufException error) when (error.Errno is Errno.ETIMEDOUT)
                {
                    refused++; // the policy's bound on what a subscriber may delay
                    continue;
                }

                Assert.Equal(ReceiveResult.Received, subscriber.Receive(out Frame frame, Long, Token));
                Assert.Equal(++last, frame.Sequence);
                Assert.True(NumberedFrames.IsWhole(frame.Span, last));
                frame.Dispose();
            }

            Assert.True(last > 0);
            Assert.True(policy == SlowSubscriberPolicy.Block || refused == 0);
            Assert.Equal(0, member.Dropped);
            publisher.Disconnect(scribbler);
            await EndAsync(process, 4);
            Assert.Equal(8, publisher.FreeBuffers);
        }
    }
}
