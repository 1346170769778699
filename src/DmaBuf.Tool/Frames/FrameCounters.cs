using System.Diagnostics;

namespace DmaBuf.Tool;

/// <summary>What was published or received so far. Written by the thread that does it; others may look.</summary>
internal sealed class FrameCounters
{
    private long _frames;
    private ulong _bytes;
    private long _started;
    private long _ended;

    internal long Frames => Volatile.Read(ref _frames);

    internal ulong Bytes => Volatile.Read(ref _bytes);

    /// <summary>From the first frame to the last, or to now.</summary>
    internal TimeSpan Time => Volatile.Read(ref _started) is var started and not 0
        ? Stopwatch.GetElapsedTime(started, Volatile.Read(ref _ended) is var ended and not 0 ? ended : Stopwatch.GetTimestamp())
        : TimeSpan.Zero;

    internal double FramesPerSecond => Frames / Math.Max(Time.TotalSeconds, 1e-9);

    internal double GigabytesPerSecond => Text.GigabytesPerSecond(Bytes, Time);

    /// <summary>The first frame is about to be made or was received.</summary>
    internal void Begin()
    {
        if (_started == 0)
        {
            Volatile.Write(ref _started, Stopwatch.GetTimestamp());
        }
    }

    internal void Add(int bytes)
    {
        Volatile.Write(ref _bytes, _bytes + (ulong)bytes);
        Volatile.Write(ref _frames, _frames + 1);
    }

    internal void End() => Volatile.Write(ref _ended, Stopwatch.GetTimestamp());
}
