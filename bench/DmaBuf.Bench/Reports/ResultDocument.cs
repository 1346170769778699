namespace DmaBuf.Bench;

/// <summary>The whole report; what <c>results.json</c> holds.</summary>
/// <param name="Machine">Where the figures come from.</param>
/// <param name="Runtimes">The runtimes that were measured, in the order of each row's runs.</param>
/// <param name="Rounds">The rounds of each side that a median was taken from.</param>
/// <param name="Rows">The rows in the report's order.</param>
internal sealed record ResultDocument(MachineFacts Machine, IReadOnlyList<MeasuredRuntime> Runtimes, int Rounds, IReadOnlyList<ResultRow> Rows)
{
    private const double ToleratedDeviation = 0.1;

    /// <summary>
    /// The runtimes whose control, the same two instructions on both sides, was off by more than a tenth: the machine was too busy, and no
    /// verdict about that runtime means anything.
    /// </summary>
    public IReadOnlyList<string> Untrusted =>
    [
        .. Rows.Where(row => row.Name == ControlCase.RowName)
            .SelectMany(row => row.Runs)
            .Where(run => Math.Abs(run.Ratio - 1) > ToleratedDeviation)
            .Select(run => run.Runtime),
    ];

    /// <summary>Joins two reports of one machine, row by row.</summary>
    /// <exception cref="BenchmarkException">They differ in machine, rounds or rows, or measured the same runtime.</exception>
    public static ResultDocument Merge(ResultDocument first, ResultDocument second)
    {
        if (first.Machine != second.Machine)
            throw BenchmarkException.BadUse("The two reports come from different machines or versions; measure both runtimes on one.");
        if (first.Runtimes.IntersectBy(second.Runtimes.Select(each => each.Name), each => each.Name).Any())
            throw BenchmarkException.BadUse($"Both reports measured {string.Join(" and ", first.Runtimes.Select(each => each.Name))}; merge one of JIT and one of NativeAOT.");
        if (first.Rounds != second.Rounds || !first.Rows.Select(Identity).SequenceEqual(second.Rows.Select(Identity)))
            throw BenchmarkException.BadUse("The two reports have different rows or rounds; measure both with the same arguments and the same sources.");

        return first with
        {
            Runtimes = [.. first.Runtimes, .. second.Runtimes],
            Rows = [.. first.Rows.Zip(second.Rows, (one, other) => one with { Runs = [.. one.Runs, .. other.Runs] })],
        };
    }

    private static (string Name, string Unit, double? Target, long? AllowedBytes) Identity(ResultRow row) =>
        (row.Name, row.Unit, row.Target, row.AllowedBytes);
}
