namespace DmaBuf.Bench;

/// <summary>
/// Lets two sides take turns, round by round. On a shared machine the clock rate, the neighbours and the distance between cores change
/// from second to second; two sides that alternate every few milliseconds see the same weather, and their ratio survives it.
/// </summary>
internal static class InterleavedRounds
{
    /// <summary>Measures both sides, the twin first in even rounds and last in odd ones, so that neither always follows the other.</summary>
    /// <param name="twin">The C side, warm.</param>
    /// <param name="ours">The C# side, warm.</param>
    /// <param name="rounds">How many rounds of each.</param>
    /// <param name="roundTime">How long one round of one side lasts, about.</param>
    public static (SideStatistics Twin, SideStatistics Ours) Measure(BenchmarkSide twin, BenchmarkSide ours, int rounds, TimeSpan roundTime)
    {
        int twinIterations = twin.FindIterations(roundTime);
        int ourIterations = ours.FindIterations(roundTime);
        var twinRounds = new double[rounds];
        var ourRounds = new double[rounds];
        for (int round = 0; round < rounds; round++)
        {
            bool twinFirst = round % 2 == 0;
            if (twinFirst)
                twinRounds[round] = twin.Measure(twinIterations);
            ourRounds[round] = ours.Measure(ourIterations);
            if (!twinFirst)
                twinRounds[round] = twin.Measure(twinIterations);
        }

        return (SideStatistics.Of(twinRounds), SideStatistics.Of(ourRounds));
    }
}
