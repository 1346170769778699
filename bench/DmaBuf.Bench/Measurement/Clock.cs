using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace DmaBuf.Bench;

/// <summary>Times a C# case by the monotonic clock, the same that the twin reads.</summary>
internal static class Clock
{
    /// <summary>Nanoseconds of all iterations together.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static double Time(IBenchmarkCase benchmarkCase, int iterations)
    {
        long start = Stopwatch.GetTimestamp();
        benchmarkCase.Run(iterations);
        return Stopwatch.GetElapsedTime(start).TotalNanoseconds;
    }
}
