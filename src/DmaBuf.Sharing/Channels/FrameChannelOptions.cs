namespace DmaBuf.Sharing;

/// <summary>What a frame channel is made of; see <see cref="FramePublisher.Create"/>.</summary>
/// <remarks>Immutable, thus safe to share between threads.</remarks>
public sealed record FrameChannelOptions
{
    /// <summary>Bytes of each buffer, at least 1: the largest frame.</summary>
    public required ulong BufferBytes { get; init; }

    /// <summary>How many buffers there are, 2 to 250: as many frames can be on their way, held or being filled.</summary>
    public int BufferCount { get; init; } = 8;

    /// <summary>How many subscribers there can be at a time, 1 to 62.</summary>
    public int MaximumSubscribers { get; init; } = 16;

    /// <summary>What happens when a subscriber does not keep up.</summary>
    public SlowSubscriberPolicy Policy { get; init; }

    /// <summary>
    /// How many frames one subscriber may have, unread and held together, before it counts as slow; 0 for half of the buffers. With
    /// <see cref="SlowSubscriberPolicy.Block"/> it has no meaning: there all buffers may be with one.
    /// </summary>
    /// <remarks>Subscribers cannot take each other's frames away as long as their number times this, plus one, is at most <see cref="BufferCount"/>.</remarks>
    public int FramesPerSubscriber { get; init; }

    /// <summary>How long a loan waits for a buffer with <see cref="SlowSubscriberPolicy.Block"/>; <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for no end.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a wait looks again and again before it sleeps. Looking costs a processor, sleeping costs microseconds.</summary>
    public TimeSpan SpinTime { get; init; } = TimeSpan.FromMicroseconds(20);

    /// <summary>Most user bytes that a frame can carry beside its contents, 0 to 4096.</summary>
    public int MaximumUserBytes { get; init; }

    /// <summary>Whether a subscriber that joins gets the latest frame at once. The channel then keeps one buffer for it.</summary>
    public bool KeepLatest { get; init; }

    /// <summary>The channel's name, for people: shown in <c>/proc</c> as part of its memory's names.</summary>
    public string Name { get; init; } = "dmabuf-channel";

    internal int Limit => Policy == SlowSubscriberPolicy.Block ? BufferCount : FramesPerSubscriber == 0 ? Math.Max(1, BufferCount / 2) : FramesPerSubscriber;

    internal void Validate()
    {
        Require(BufferBytes is > 0 and <= long.MaxValue, nameof(BufferBytes), BufferBytes, "at least 1");
        Require(BufferCount is >= 2 and <= ChannelLayout.MaximumBuffers, nameof(BufferCount), BufferCount, $"2 to {ChannelLayout.MaximumBuffers}");
        Require(MaximumSubscribers is >= 1 and <= ChannelLayout.MaximumMembers, nameof(MaximumSubscribers), MaximumSubscribers, $"1 to {ChannelLayout.MaximumMembers}");
        Require(Policy is >= SlowSubscriberPolicy.Block and <= SlowSubscriberPolicy.Disconnect, nameof(Policy), Policy, "a member of SlowSubscriberPolicy");
        Require(FramesPerSubscriber >= 0 && FramesPerSubscriber < BufferCount, nameof(FramesPerSubscriber), FramesPerSubscriber, "0 to one less than the buffers");
        Require(Timeout >= TimeSpan.Zero || Timeout == System.Threading.Timeout.InfiniteTimeSpan, nameof(Timeout), Timeout, "zero or more, or Timeout.InfiniteTimeSpan");
        Require(SpinTime >= TimeSpan.Zero, nameof(SpinTime), SpinTime, "zero or more");
        Require(MaximumUserBytes is >= 0 and <= ChannelLayout.MaximumUserBytes, nameof(MaximumUserBytes), MaximumUserBytes, $"0 to {ChannelLayout.MaximumUserBytes}");
    }

    private static void Require<T>(bool isValid, string option, T value, string range)
    {
        if (!isValid)
            throw new DmaBufException(Errno.EINVAL, $"A frame channel was asked for with {option} {value}. Use {range}.");
    }
}
