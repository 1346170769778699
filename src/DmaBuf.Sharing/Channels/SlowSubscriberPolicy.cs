namespace DmaBuf.Sharing;

/// <summary>What happens to a frame when a subscriber does not keep up; chosen when a channel is created.</summary>
public enum SlowSubscriberPolicy
{
    /// <summary>The publisher waits for a buffer, up to the channel's timeout; then the loan fails. No subscriber misses a frame.</summary>
    Block = 0,

    /// <summary>The slow subscriber loses the oldest frame that it has not taken yet. What it has taken stays its own until it releases it.</summary>
    DropOldest,

    /// <summary>The slow subscriber does not get the new frame.</summary>
    DropNewest,

    /// <summary>The slow subscriber is cut off, with what it held.</summary>
    Disconnect,
}
