using System.Globalization;
using System.Runtime.Versioning;

namespace DmaBuf.Bench;

/// <summary>What two processes are connected by: how large the frames are, how many subscribers each goes to, and how long both sides look before they sleep.</summary>
[SupportedOSPlatform("linux")]
internal sealed record HandOverShape(ulong Bytes, int Subscribers = 1, bool Sleeps = false)
{
    /// <summary>Long enough that no side falls asleep between two frames of a round.</summary>
    private static readonly TimeSpan s_looking = TimeSpan.FromMilliseconds(2);

    /// <summary>How both sides make their channels.</summary>
    public FrameChannelOptions ChannelOptions => new()
    {
        BufferBytes = Bytes,
        BufferCount = 8,
        Timeout = TimeSpan.FromSeconds(60),
        SpinTime = SubscriberOptions.SpinTime,
        Name = "dmabuf-bench",
    };

    /// <summary>How both sides receive.</summary>
    public FrameSubscriberOptions SubscriberOptions => new() { SpinTime = Sleeps ? TimeSpan.Zero : s_looking };

    /// <summary>For the other process's command line.</summary>
    public string[] ToArguments() => [Bytes.ToString(CultureInfo.InvariantCulture), Subscribers.ToString(CultureInfo.InvariantCulture), Sleeps ? "sleep" : "look"];

    /// <summary>What <see cref="ToArguments"/> made.</summary>
    public static HandOverShape Parse(ReadOnlySpan<string> arguments) =>
        new(ulong.Parse(arguments[0], CultureInfo.InvariantCulture), int.Parse(arguments[1], CultureInfo.InvariantCulture), arguments[2] == "sleep");
}
