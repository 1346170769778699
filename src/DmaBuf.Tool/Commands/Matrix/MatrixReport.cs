using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace DmaBuf.Tool;

/// <summary>The rows of the matrix for people and for programs.</summary>
internal static class MatrixReport
{
    private const int OutcomeColumn = 2;

    /// <summary>Columns of a terminal that all columns of the table need before words would be broken.</summary>
    private const int WideTerminal = 130;

    private static readonly string[] s_titles = ["exporter", "importer", "outcome", "predicted", "observed", "cost", "GB/s", "why not"];

    internal static void WriteTable(ToolConsole console, IReadOnlyList<MatrixRow> rows, IReadOnlyList<string> leftOut)
    {
        if (console.IsTerminal)
        {
            WriteBordered(console, rows);
        }
        else
        {
            PlainTable.Write(console, [s_titles, .. rows.Select(Cells)]);
        }

        foreach (string reason in leftOut)
        {
            console.Line($"left out: {reason}");
        }

        console.Line("GB/s (10^9 bytes): the quickest of 3 copies between the mapping and the importer's own memory; second process: its first pass over the memory.");
        console.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"{Count(rows, MatrixOutcome.Verified)} verified, {Count(rows, MatrixOutcome.Declined)} declined, {Count(rows, MatrixOutcome.Failed)} failed; simulated pairs have no speed."));
    }

    internal static void WriteJson(ToolConsole console, IReadOnlyList<MatrixRow> rows, IReadOnlyList<string> leftOut) => console.WriteJson(json =>
    {
        json.WriteNumber("verified", Count(rows, MatrixOutcome.Verified));
        json.WriteNumber("declined", Count(rows, MatrixOutcome.Declined));
        json.WriteNumber("failed", Count(rows, MatrixOutcome.Failed));
        json.WriteStartArray("leftOut");
        foreach (string reason in leftOut)
        {
            json.WriteStringValue(reason);
        }

        json.WriteEndArray();
        json.WriteStartArray("pairs");
        foreach (MatrixRow row in rows)
        {
            WriteRow(json, row);
        }

        json.WriteEndArray();
    });

    private static void WriteBordered(ToolConsole console, IReadOnlyList<MatrixRow> rows)
    {
        bool wide = console.Output.Profile.Width >= WideTerminal;
        string[] titles = wide ? s_titles : [.. s_titles[..(OutcomeColumn + 1)], "agreed on, or why not"];
        Table table = new Table().Border(TableBorder.Rounded).AddColumns([.. titles.Select(static title => new TableColumn(title).NoWrap())]);
        table.Columns[^1].NoWrap = false;
        foreach (MatrixRow row in rows)
        {
            string[] cells = [.. (wide ? Cells(row) : NarrowCells(row)).Select(static cell => cell.EscapeMarkup())];
            cells[OutcomeColumn] = $"[{ColourOf(row.Outcome)}]{cells[OutcomeColumn]}[/]";
            table.AddRow(cells);
        }

        console.Output.Write(table);
    }

    private static string[] Cells(MatrixRow row) =>
        [row.Exporter, row.Importer, Word(row.Outcome), row.Predicted.ToString(), row.Observed, row.Cost?.ToString() ?? "-", SpeedOf(row), row.Reason ?? "-"];

    private static string[] NarrowCells(MatrixRow row)
    {
        string speed = row.GigabytesPerSecond is null ? SpeedOf(row) : $"{SpeedOf(row)} GB/s";
        return [.. Cells(row)[..(OutcomeColumn + 1)], row.Reason ?? $"{row.MappingType} (cost {row.Cost}, {speed})"];
    }

    private static void WriteRow(Utf8JsonWriter json, MatrixRow row)
    {
        json.WriteStartObject();
        json.WriteString("exporter", row.Exporter);
        json.WriteString("importer", row.Importer);
        json.WriteBoolean("simulated", row.IsSimulated);
        json.WriteString("outcome", Word(row.Outcome));
        json.WriteString("predicted", row.Predicted.ToString());
        json.WriteString("predictedReason", row.Predicted.Reason);
        json.WriteString("observed", row.Observed);
        json.WriteString("mappingType", row.MappingType);
        json.WriteString("cost", row.Cost?.ToString());
        if (row.GigabytesPerSecond is { } rate)
        {
            json.WriteNumber("gigabytesPerSecond", Math.Round(rate, 3));
        }
        else
        {
            json.WriteNull("gigabytesPerSecond");
        }

        json.WriteString("reason", row.Reason);
        json.WriteEndObject();
    }

    private static string SpeedOf(MatrixRow row) => row.GigabytesPerSecond is { } rate
        ? rate.ToString("0.0", CultureInfo.InvariantCulture)
        : row.Outcome == MatrixOutcome.Verified && row.IsSimulated ? "simulated" : "-";

    private static int Count(IReadOnlyList<MatrixRow> rows, MatrixOutcome outcome) => rows.Count(row => row.Outcome == outcome);

    private static string Word(MatrixOutcome outcome) => outcome switch
    {
        MatrixOutcome.Verified => "verified",
        MatrixOutcome.Declined => "declined",
        _ => "failed",
    };

    private static string ColourOf(MatrixOutcome outcome) => outcome switch
    {
        MatrixOutcome.Verified => "green",
        MatrixOutcome.Declined => "yellow",
        _ => "bold red",
    };
}
