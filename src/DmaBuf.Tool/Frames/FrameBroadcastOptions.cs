using DmaBuf.Sharing;

namespace DmaBuf.Tool;

/// <summary>How frames are published.</summary>
internal sealed record FrameBroadcastOptions
{
    /// <summary>What happens to a subscriber that does not keep up.</summary>
    internal required SlowSubscriberPolicy Policy { get; init; }

    /// <summary>How long a slow subscriber is waited for, if the policy waits.</summary>
    internal required TimeSpan Timeout { get; init; }

    /// <summary>Frames that can be on their way at once.</summary>
    internal required int Buffers { get; init; }

    /// <summary>How many have to join before the first frame.</summary>
    internal required int Subscribers { get; init; }

    /// <summary>Ends after so many frames; null for all that the source has.</summary>
    internal required ulong? Count { get; init; }

    /// <summary>Null for as fast as it goes.</summary>
    internal required double? FramesPerSecond { get; init; }
}
