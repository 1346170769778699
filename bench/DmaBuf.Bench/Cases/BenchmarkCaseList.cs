namespace DmaBuf.Bench;

/// <summary>All rows of the report, in its order. A new case is added here and nowhere else.</summary>
internal static class BenchmarkCaseList
{
    /// <summary>Makes every case, set up and ready to run.</summary>
    public static IReadOnlyList<IBenchmarkCase> CreateAll() =>
    [
        new ControlCase(),
    ];
}
