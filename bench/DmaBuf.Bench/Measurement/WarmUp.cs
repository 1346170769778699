using System.Diagnostics;

namespace DmaBuf.Bench;

/// <summary>
/// Runs the C# cases until the runtime has compiled them for good. Tiered compilation first counts 30 calls, waits until no new method
/// has appeared for 100 ms, compiles with instrumentation, counts again and only then optimises: that takes calls <em>and</em> time.
/// </summary>
/// <remarks>
/// All cases are warmed up, but for the large sizes of some, in turns and before the first round, whichever of them will be measured: a shared method must be optimised
/// for the mixture that it sees in a program, not for the one case that came first.
/// </remarks>
internal static class WarmUp
{
    private const int FewestCalls = 90;
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(2);

    /// <summary>Runs each case for at least <paramref name="duration"/> and 90 calls.</summary>
    public static void Run(IReadOnlyList<IBenchmarkCase> cases, TimeSpan duration)
    {
        int[] iterations = [.. cases.Select(each => new BenchmarkSide(count => Clock.Time(each, count), 1).FindIterations(Turn))];
        long start = Stopwatch.GetTimestamp();
        for (int call = 0; call < FewestCalls || Stopwatch.GetElapsedTime(start) < duration * cases.Count; call++)
        {
            for (int i = 0; i < cases.Count; i++)
                cases[i].Run(iterations[i]);
        }
    }
}
