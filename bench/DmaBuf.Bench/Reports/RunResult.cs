namespace DmaBuf.Bench;

/// <summary>One row as one runtime measured it.</summary>
/// <param name="Runtime"><c>JIT</c> or <c>NativeAOT</c>.</param>
/// <param name="OurRounds">The C# side, nanoseconds for each unit of the row.</param>
/// <param name="TwinRounds">The C side of the same rounds.</param>
/// <param name="AllocatedBytes">What one iteration of the C# side allocated.</param>
internal sealed record RunResult(string Runtime, SideStatistics OurRounds, SideStatistics TwinRounds, double AllocatedBytes)
{
    /// <summary>C# / C, of the medians: what the target is held against.</summary>
    public double Ratio => OurRounds.Median / TwinRounds.Median;

    /// <summary>C# / C, of the fastest rounds: the same question with the neighbours' noise taken out.</summary>
    public double RatioOfMinima => OurRounds.Min / TwinRounds.Min;
}
