namespace DmaBuf.Tool;

/// <summary>How frames are received.</summary>
internal sealed record FrameReceiverOptions
{
    /// <summary>Whether every byte is read and compared with the checksum.</summary>
    internal required bool Verify { get; init; }

    /// <summary>Ends after so many frames; null for the channel's end.</summary>
    internal required long? Count { get; init; }

    /// <summary>The first frames that count in no latency: the runtime compiles while they come.</summary>
    internal required long Skip { get; init; }

    /// <summary>How long is looked before a sleep; null for the usual time.</summary>
    internal TimeSpan? SpinTime { get; init; }
}
