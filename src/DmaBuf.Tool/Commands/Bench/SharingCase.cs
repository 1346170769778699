namespace DmaBuf.Tool;

/// <summary>One line of <c>dmabuf bench sharing</c>.</summary>
/// <param name="What">latency, fan-out or throughput.</param>
/// <param name="FrameBytes">Bytes of each frame.</param>
/// <param name="Subscribers">Processes that receive each frame.</param>
/// <param name="FramesPerSecond">The pace; null: as fast as subscribers take them.</param>
/// <param name="Frames">How many are published.</param>
/// <param name="Reads">Whether subscribers read and check every byte.</param>
internal sealed record SharingCase(string What, ulong FrameBytes, int Subscribers, double? FramesPerSecond, ulong Frames, bool Reads)
{
    /// <summary>The first quarter comes while the runtimes compile, and counts in no latency.</summary>
    internal ulong WarmUp => Frames / 4;

    /// <summary>For latency the subscriber looks for the next frame all the time; several would take each other's processors, so for fan-out they sleep.</summary>
    internal string SpinMicroseconds => What == "latency" ? "20000" : "20";

    /// <summary>All of them.</summary>
    /// <param name="quick">A tenth of the frames.</param>
    internal static SharingCase[] All(bool quick)
    {
        ulong part = quick ? 10UL : 1;
        return
        [
            new("latency", 64, 1, 2000, 6000 / part, false),
            new("latency", 64 << 10, 1, 2000, 6000 / part, false),
            new("latency", 8 << 20, 1, 100, 400 / part, false),
            new("fan-out", 64, 1, 500, 1500 / part, false),
            new("fan-out", 64, 4, 500, 1500 / part, false),
            new("fan-out", 64, 16, 500, 1500 / part, false),
            new("throughput", 64, 1, null, 2_000_000 / part, false),
            new("throughput", 64 << 10, 1, null, 40_000 / part, true),
            new("throughput", 8 << 20, 1, null, 600 / part, true),
        ];
    }
}
