namespace DmaBuf.Bench;

/// <summary>
/// One row of the report, with one run a runtime. A target holds for the better of the runtimes, so the row's own figures are those of
/// the run with the lower ratio.
/// </summary>
/// <param name="Name">The operation and its size.</param>
/// <param name="Unit">What one figure counts.</param>
/// <param name="Target">The highest ratio that meets the goal; none for rows that are only reported.</param>
/// <param name="AllowedBytes">The bytes that one iteration may allocate; none for rows that are only reported.</param>
/// <param name="Runs">One or two runs.</param>
/// <param name="Growth">The curve that the row is a point of; none for most.</param>
internal sealed record ResultRow(string Name, string Unit, double? Target, long? AllowedBytes, IReadOnlyList<RunResult> Runs, GrowthPoint? Growth = null)
{
    private RunResult Best => Runs.MinBy(run => run.Ratio)!;

    /// <summary>The C# side's median.</summary>
    public double Ours => Best.OurRounds.Median;

    /// <summary>The C side's median in the same rounds.</summary>
    public double Twin => Best.TwinRounds.Median;

    /// <summary>Ratio of the medians.</summary>
    public double Ratio => Best.Ratio;

    /// <summary>Ratio of the minima.</summary>
    public double RatioOfMinima => Best.RatioOfMinima;

    /// <summary>All of the C# side's rounds.</summary>
    public SideStatistics OurRounds => Best.OurRounds;

    /// <summary>All of the C side's rounds.</summary>
    public SideStatistics TwinRounds => Best.TwinRounds;

    /// <summary>Which runtime these figures come from.</summary>
    public string Runtime => Best.Runtime;

    /// <summary>The most that any runtime allocated: an allocation that one of them saves is still in the code.</summary>
    public double AllocatedBytes => Runs.Max(run => run.AllocatedBytes);

    /// <summary>Whether the ratio meets the target; unknown without one.</summary>
    public bool? Met => Target is { } target ? Ratio <= target : null;

    /// <summary>Whether the allocation keeps its limit; unknown without one.</summary>
    public bool? AllocationMet => AllowedBytes is { } allowed ? AllocatedBytes <= allowed : null;
}
