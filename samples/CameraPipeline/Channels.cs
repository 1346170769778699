using DmaBuf.Linux;
using DmaBuf.Sharing;

namespace DmaBuf.Samples.Camera;

/// <summary>One channel from each process to the next: the one that publishes listens, and begins when the next one has joined, so that no picture is lost.</summary>
internal static class Channels
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    internal static async Task<FramePublisher> PublishAsync(string address, ulong bytes, CancellationToken cancellationToken)
    {
        FramePublisher publisher = FramePublisher.Create(new FrameChannelOptions { BufferBytes = bytes, BufferCount = 4, Timeout = s_patience });
        try
        {
            using DescriptorListener listener = DescriptorListener.Listen(address);
            await FrameChannel.InviteAsync(publisher, await listener.AcceptAsync(cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            return publisher;
        }
        catch
        {
            publisher.Dispose();
            throw;
        }
    }

    internal static async Task<FrameSubscriber> JoinAsync(string address, CancellationToken cancellationToken)
    {
        // The process before this one may not listen yet.
        using CancellationTokenSource late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(s_patience);
        while (true)
        {
            try
            {
                return await FrameChannel.JoinAsync(DescriptorSocket.Connect(address), cancellationToken: late.Token).ConfigureAwait(false);
            }
            catch (DmaBufException notYet) when (notYet.Errno == Errno.ECONNREFUSED)
            {
                await Task.Delay(10, late.Token).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Ends the process badly if the one before it did not close its channel.</summary>
    internal static void RequireClosed(FrameSubscriber subscriber)
    {
        if (subscriber.EndReason != ChannelEndReason.Closed)
        {
            throw new DmaBufException(Errno.ECONNRESET, $"The channel of {subscriber.PublisherName} ended without being closed: {subscriber.EndReason}.");
        }
    }
}
