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
            - system: {machine.System}
            - runtime: {machine.DotNet}; {string.Join("; ", document.Runtimes.Select(Describe))}
            - twin: {machine.Compiler}


            """) + FormatTable(document) + FormatTrust(document) + FormatGrowth(document);
    }

    /// <summary>The table alone, for the terminal.</summary>
    public static string FormatTable(ResultDocument document)
    {
        var table = new TextTable(
            ["case", "unit", "C", "C#", .. document.Runtimes.Select(runtime => $"ratio {runtime.Name}"), "of minima", "target", "result", "bytes", "allowed"]);
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
                row.AllowedBytes is { } allowed ? Figure.Bytes(allowed) : "",
            ]);
        }

        return table.ToString();
    }

    /// <summary>A sentence that says when the machine was too busy; nothing otherwise.</summary>
    public static string FormatTrust(ResultDocument document) => document.Untrusted.Count == 0
        ? ""
        : $"\nNOT TO BE TRUSTED: the control of {string.Join(" and ", document.Untrusted)} is off by more than 10 %, so the machine was too busy. Measure again when it is quiet.\n";

    /// <summary>The drawings.</summary>
    private static string FormatGrowth(ResultDocument document)
    {
        GrowthCurve[] curves = [.. GrowthCurve.AllOf(document)];
        return curves.Length == 0
            ? ""
            : "\n## How cost grows\n\nBoth axes are logarithmic; the band is from the fastest to the slowest round.\n"
                + string.Concat(curves.Select(static curve => $"\n![{curve.Title}, by {curve.Axis}]({curve.FileName})\n"));
    }

    private static string Describe(MeasuredRuntime runtime) => runtime.Load is { } load
        ? string.Create(CultureInfo.InvariantCulture, $"{runtime.Name} at a load average of {load:0.00}")
        : runtime.Name;
}
