namespace DmaBuf.Bench;

/// <summary>One side's rounds, reduced: nanoseconds for each unit of the row.</summary>
/// <param name="Min">The fastest round: what the machine can do when nobody disturbs it.</param>
/// <param name="Median">The middle round; of an even number, the mean of the two middle ones.</param>
/// <param name="Max">The slowest round: how much the machine disturbed.</param>
internal sealed record SideStatistics(double Min, double Median, double Max)
{
    /// <summary>Reduces the rounds of one side.</summary>
    /// <param name="rounds">At least one figure, in any order; left as it is.</param>
    public static SideStatistics Of(IReadOnlyCollection<double> rounds)
    {
        double[] sorted = [.. rounds.Order()];
        int middle = sorted.Length / 2;
        double median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new SideStatistics(sorted[0], median, sorted[^1]);
    }
}
