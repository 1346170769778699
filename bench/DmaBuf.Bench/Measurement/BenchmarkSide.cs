namespace DmaBuf.Bench;

/// <summary>One side of a row as the rounds see it: something that runs so many iterations and says how long they took.</summary>
/// <param name="Run">Runs the given number of iterations; returns the nanoseconds of all of them together.</param>
/// <param name="UnitsPerIteration">What an iteration's time is divided by.</param>
internal sealed record BenchmarkSide(Func<int, double> Run, int UnitsPerIteration)
{
    private const int MostIterations = 1 << 30;

    /// <summary>Finds how many iterations fill about <paramref name="roundTime"/>, by doubling from one.</summary>
    public int FindIterations(TimeSpan roundTime)
    {
        // From a quarter of the round on, the estimate is good enough: the rounds need not be equally long, only long.
        double wanted = roundTime.TotalNanoseconds;
        for (int iterations = 1; ; iterations *= 2)
        {
            double taken = Run(iterations);
            if (taken >= wanted / 4 || iterations >= MostIterations)
                return (int)Math.Clamp(iterations * wanted / Math.Max(taken, 1), 1, MostIterations);
        }
    }

    /// <summary>One round.</summary>
    /// <returns>Nanoseconds for each unit.</returns>
    public double Measure(int iterations) => Run(iterations) / iterations / UnitsPerIteration;
}
