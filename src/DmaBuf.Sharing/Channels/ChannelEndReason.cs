namespace DmaBuf.Sharing;

/// <summary>Why a subscriber gets no further frames.</summary>
public enum ChannelEndReason
{
    /// <summary>It has not ended.</summary>
    None = 0,

    /// <summary>The publisher closed the channel. What had been published was still received.</summary>
    Closed = 1,

    /// <summary>The publisher cut this subscriber off because it was too slow (<see cref="SlowSubscriberPolicy.Disconnect"/>). Frames that it held may have been overwritten.</summary>
    TooSlow = 2,

    /// <summary>The publisher's program cut this subscriber off. Frames that it held may have been overwritten.</summary>
    Disconnected = 3,

    /// <summary>The other process ended, or closed the connection, without a word. What it had published before was still received.</summary>
    PeerGone = 4,

    /// <summary>What the publisher wrote cannot be: nothing of it was used.</summary>
    ProtocolError = 5,

    /// <summary>This subscriber left by itself.</summary>
    Left = 6,
}
