namespace DmaBuf.Sharing.Tests;

/// <summary>What tests of channels share: a publisher, subscribers in this process over a real socket, and an end that leaves nothing.</summary>
public abstract class ChannelTest : LeakCheckedTest, IDisposable
{
    private readonly ProcessResources _before = ProcessResources.Read();

    protected static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    /// <summary>The end of a connection is noticed by another thread, which may be closing its descriptors still; what it does not close, the leak check finds.</summary>
    void IDisposable.Dispose()
    {
        GC.SuppressFinalize(this);
        SpinWait.SpinUntil(() => ProcessResources.Read().Descriptors.SequenceEqual(_before.Descriptors), TimeSpan.FromSeconds(10));
        Dispose();
    }

    internal static void WaitUntil(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, Long));

    internal static FrameChannelOptions Options(SlowSubscriberPolicy policy = SlowSubscriberPolicy.Block, int buffers = 4, ulong bytes = 64, int share = 0) => new()
    {
        BufferBytes = bytes,
        BufferCount = buffers,
        Policy = policy,
        FramesPerSubscriber = share,
        Timeout = TimeSpan.FromMilliseconds(20),
        MaximumUserBytes = 16,
        Name = TestMemory,
    };

    internal static async Task<(ChannelMember Member, FrameSubscriber Subscriber)> JoinAsync(FramePublisher publisher)
    {
        (DescriptorSocket ours, DescriptorSocket theirs) = DescriptorSocket.CreatePair();
        ChannelMember member = await FrameChannel.InviteAsync(publisher, ours, Token);
        return (member, await FrameChannel.JoinAsync(theirs, cancellationToken: Token));
    }

    /// <summary>Publishes a frame whose every byte is the low byte of its sequence.</summary>
    internal static ulong Publish(FramePublisher publisher, ulong size = 64)
    {
        FrameLoan loan = publisher.Loan(Token);
        loan.Window(0, (int)size).Fill((byte)(publisher.Sequence + 1));
        return loan.Publish(size);
    }

    internal static Frame Take(FrameSubscriber subscriber)
    {
        Assert.Equal(ReceiveResult.Received, subscriber.Receive(out Frame frame, Long, Token));
        Assert.False(frame.Span.ContainsAnyExcept((byte)frame.Sequence));
        return frame;
    }

    internal static ulong TakeAndRelease(FrameSubscriber subscriber)
    {
        using Frame frame = Take(subscriber);
        return frame.Sequence;
    }

    /// <summary>The sequences of all frames that are there now.</summary>
    internal static List<ulong> Drain(FrameSubscriber subscriber)
    {
        List<ulong> sequences = [];
        while (subscriber.TryReceive(out Frame frame))
        {
            using (frame)
            {
                sequences.Add(frame.Sequence);
            }
        }

        return sequences;
    }
}
