namespace DmaBuf.Sharing;

/// <summary>How a subscriber waits.</summary>
/// <remarks>Immutable, thus safe to share between threads.</remarks>
public sealed record FrameSubscriberOptions
{
    /// <summary>The defaults.</summary>
    public static FrameSubscriberOptions Default { get; } = new();

    /// <summary>How long a wait looks again and again before it sleeps. Looking costs a processor, sleeping costs microseconds.</summary>
    public TimeSpan SpinTime { get; init; } = TimeSpan.FromMicroseconds(20);
}
