using System.Globalization;

namespace DmaBuf.Bench;

/// <summary>The report for people.</summary>
internal static class MarkdownReport
{
    /// <summary>The whole page.</summary>
    public static string Format(ResultDocument document)
    {
        MachineFacts machine = document.Machine;
        return string.Create(CultureInfo.InvariantCulture, $"""
            # Benchmark results

            C# against a C twin in the same run: {document.Rounds} rounds of each side, in turns. Times are minimum / median / maximum;
            "ratio" is C# / C of the medians, "of minima" of the fastest rounds; lower is better. A target holds for the better of the
            runtimes measured, whose times are shown. Bytes are what one operation allocates, and may allocate.

            - processor: {machine.Processor}, {machine.Cores} cores, {machine.Architecture}
            - system: {machine.Kernel}
            - runtime: {machine.DotNet}; {string.Join(" and ", document.Runtimes)}
            - twin: {machine.Compiler}


            """) + FormatTable(document);
    }

    /// <summary>The table alone, for the terminal.</summary>
    public static string FormatTable(ResultDocument document)
    {
        var table = new TextTable(
            ["case", "unit", "C", "C#", .. document.Runtimes.Select(runtime => $"ratio {runtime}"), "of minima", "target", "result", "bytes", "allowed"]);
        foreach (ResultRow row in document.Rows)
        {
            table.Add(
            [
                row.Name,
                row.Unit,
                Figure.Rounds(row.TwinRounds),
                Figure.Rounds(row.OurRounds),
                .. row.Runs.Select(run => Figure.Ratio(run.Ratio)),
                Figure.Ratio(row.RatioOfMinima),
                row.Target is { } target ? Figure.Ratio(target) : "",
                Figure.Verdict(row),
                Figure.Bytes(row.AllocatedBytes),
                Figure.Bytes(row.AllowedBytes),
            ]);
        }

        return table.ToString();
    }
}
