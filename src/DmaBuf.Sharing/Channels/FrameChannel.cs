using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Sharing;

/// <summary>Hands a channel over a socket of its own: one invitation, and then the socket only tells of the other end's death.</summary>
/// <remarks>For connections that carry more, see <see cref="FramePublisher.Admit"/> and <see cref="FrameSubscriber.Open"/>. Keeps nothing: safe for all threads, each with sockets of its own.</remarks>
public static class FrameChannel
{
    /// <summary>Invites the process at the other end of a socket. The socket is owned by the channel from now on, also when this fails.</summary>
    /// <returns>The subscriber, as the publisher sees it.</returns>
    /// <exception cref="DmaBufException">As <see cref="FramePublisher.Admit"/> and <see cref="DescriptorSocket.SendAsync(ReadOnlyMemory{byte}, CancellationToken)"/>.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The channel was closed.</exception>
    public static async ValueTask<ChannelMember> InviteAsync(FramePublisher publisher, DescriptorSocket adopted, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(publisher);
        ArgumentNullException.ThrowIfNull(adopted);
        SocketPeer peer = SocketPeer.Adopt(adopted);
        try
        {
            using ChannelInvitation invitation = publisher.Admit(peer);
            await peer.SendAsync(invitation.Message, invitation.Descriptors, cancellationToken).ConfigureAwait(false);
            return invitation.Member;
        }
        catch
        {
            peer.Dispose(); // the member, if there is one, goes with it
            throw;
        }
    }

    /// <summary>Waits for the invitation and joins. The socket is owned by the subscriber from now on, also when this fails.</summary>
    /// <returns>The subscriber, which is the caller's.</returns>
    /// <exception cref="DmaBufException">EPROTO: what came is no invitation, or the peer closed instead. EPERM, EINVAL: memory that is not sealed as it must be.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async ValueTask<FrameSubscriber> JoinAsync(DescriptorSocket adopted, FrameSubscriberOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(adopted);
        try
        {
            byte[] buffer = new byte[ChannelInvitation.MessageBytes];
            using DescriptorMessage message = await adopted.ReceiveAsync(buffer, DescriptorSocket.MaximumDescriptors, cancellationToken).ConfigureAwait(false)
                ?? throw ChannelInvitation.Broken("the peer closed the connection instead");
            SafeFileHandle[] descriptors = [.. Enumerable.Range(0, message.DescriptorCount).Select(message.TakeDescriptor)];
            SocketPeer peer = SocketPeer.Adopt(adopted);
            try
            {
                return FrameSubscriber.Open(buffer.AsSpan(0, message.Length), descriptors, peer, options);
            }
            catch
            {
                peer.Dispose();
                throw;
            }
        }
        catch
        {
            adopted.Dispose();
            throw;
        }
    }
}
