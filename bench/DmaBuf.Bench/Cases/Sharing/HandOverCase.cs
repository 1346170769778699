using System.Runtime.Versioning;

namespace DmaBuf.Bench;

/// <summary>
/// A frame to another process and one back, divided by two: the whole public way, with crash reclaim and the policy that the channel has. The contents are not
/// touched, so what a frame's size changes is what the hand-over itself makes of it.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class HandOverCase : IBenchmarkCase
{
    /// <summary>One way, of the floor: with crash reclaim and policies, which every channel has.</summary>
    private const double LookingTarget = 5;

    /// <summary>A wait that sleeps, of the same in C.</summary>
    private const double SleepingTarget = 1.05;

    private readonly Lazy<HandOverLink> _link;

    private HandOverCase(string name, Lazy<HandOverLink> link, string twinCase, double? target)
    {
        Name = name;
        _link = link;
        TwinCase = twinCase;
        Target = target;
    }

    public string Name { get; }

    public string Unit => "ns/hand-over";

    public int UnitsPerIteration => 2;

    public double? Target { get; }

    public string TwinCase { get; }

    public bool IsPinned => false;

    /// <summary>The rows in the report's order. Rows that differ only in what they are held against share one link.</summary>
    public static IEnumerable<HandOverCase> CreateAll()
    {
        Lazy<HandOverLink> small = Link(new(64));
        Lazy<HandOverLink> sleeping = Link(new(64, Sleeps: true));
        return
        [
            new("sharing: frame of 64 B to a process, against the cache line", small, "line-ping-pong", LookingTarget),
            new("sharing: frame of 64 KiB to a process, against the cache line", Link(new(64 << 10)), "line-ping-pong", LookingTarget),
            new("sharing: frame of 8 MiB to a process, against the cache line", Link(new(8 << 20)), "line-ping-pong", LookingTarget),
            new("sharing: frame to 4 subscribers, against the cache line", Link(new(64, 4)), "line-ping-pong", null),
            new("sharing: frame to 16 subscribers, against the cache line", Link(new(64, 16)), "line-ping-pong", null),
            new("sharing: frame to a process that sleeps, against a futex", sleeping, "futex-ping-pong", SleepingTarget),
            new("sharing: frame to a process that sleeps, against an eventfd", sleeping, "eventfd-ping-pong", null),
            new("sharing: frame of 64 B, against 8 B through a Unix socket", small, "socket-ping-pong", null),
            new("sharing: frame of 64 B, against 8 B through a named pipe", small, "pipe-ping-pong", null),
        ];
    }

    public void Run(int iterations)
    {
        HandOverLink link = _link.Value;
        for (int i = 0; i < iterations; i++)
            link.PassAndReturn();
    }

    private static Lazy<HandOverLink> Link(HandOverShape shape) => new(() => new HandOverLink(shape));
}
