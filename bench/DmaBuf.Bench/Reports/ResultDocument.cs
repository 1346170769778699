namespace DmaBuf.Bench;

/// <summary>The whole report; what <c>results.json</c> holds.</summary>
/// <param name="Machine">Where the figures come from.</param>
/// <param name="Runtimes">The runtimes that were measured, in the order of each row's runs.</param>
/// <param name="Rounds">The rounds of each side that a median was taken from.</param>
/// <param name="Rows">The rows in the report's order.</param>
internal sealed record ResultDocument(MachineFacts Machine, IReadOnlyList<string> Runtimes, int Rounds, IReadOnlyList<ResultRow> Rows)
{
    /// <summary>Joins two reports of one machine, row by row.</summary>
    /// <exception cref="BenchmarkException">They differ in machine, rounds or rows, or measured the same runtime.</exception>
    public static ResultDocument Merge(ResultDocument first, ResultDocument second)
    {
        if (first.Machine != second.Machine)
            throw BenchmarkException.BadUse("The two reports come from different machines or versions; measure both runtimes on one.");
        if (first.Runtimes.Intersect(second.Runtimes).Any())
            throw BenchmarkException.BadUse($"Both reports measured {string.Join(" and ", first.Runtimes)}; merge one of JIT and one of NativeAOT.");
        if (first.Rounds != second.Rounds || !first.Rows.Select(Identity).SequenceEqual(second.Rows.Select(Identity)))
            throw BenchmarkException.BadUse("The two reports have different rows or rounds; measure both with the same arguments and the same sources.");

        return first with
        {
            Runtimes = [.. first.Runtimes, .. second.Runtimes],
            Rows = [.. first.Rows.Zip(second.Rows, (one, other) => one with { Runs = [.. one.Runs, .. other.Runs] })],
        };
    }

    private static (string Name, string Unit, double? Target, long AllowedBytes) Identity(ResultRow row) =>
        (row.Name, row.Unit, row.Target, row.AllowedBytes);
}
