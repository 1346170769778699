namespace DmaBuf.Sharing;

/// <summary>The process at the other end of a channel, as its connection knows it.</summary>
/// <remarks>
/// Memory tells nothing of the death of who writes it. A connection does: a socket's end, or a pidfd. The channel asks for this one thing, so any connection can
/// carry an invitation. An implementation is safe for all threads: publisher and subscriber ask from whichever they run on.
/// </remarks>
public interface IChannelPeer
{
    /// <summary>For people, for example <c>process 4711</c>.</summary>
    string Name { get; }

    /// <summary>Completes when the process has ended or has closed its end. Never fails, and is never cancelled.</summary>
    Task Gone { get; }
}
