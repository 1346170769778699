namespace DmaBuf.Sharing;

/// <summary>What travels with a frame beside its contents; everything may be left out.</summary>
/// <remarks>Lives on the stack of the call that publishes, thus used by one thread; the user bytes are copied by it.</remarks>
public readonly ref struct FrameInfo
{
    /// <summary>When the contents were made, in nanoseconds of <c>CLOCK_MONOTONIC</c>; 0: not said.</summary>
    public long TimeStamp { get; init; }

    /// <summary>A number for the user, handed on as it is.</summary>
    public ulong Tag { get; init; }

    /// <summary>What the bytes are.</summary>
    public FrameDescription Description { get; init; }

    /// <summary>Bytes for the user, at most the channel's <see cref="FrameChannelOptions.MaximumUserBytes"/>.</summary>
    public ReadOnlySpan<byte> UserBytes { get; init; }

    /// <summary>
    /// Signals when the contents are complete (the acquire fence), if the frame is published before they are. Until then subscribers are told to wait, and the buffer is not
    /// given out again. Null, or signaled already: the contents are complete.
    /// </summary>
    public Fence? Contents { get; init; }

    internal bool IsDescribed => UserBytes.Length > 0 || Description != default;
}
