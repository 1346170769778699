using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace DmaBuf.Tool;

/// <summary>The rows of the matrix for people and for programs.</summary>
internal static class MatrixReport
{
    internal static void WriteTable(ToolConsole console, IReadOnlyList<MatrixRow> rows)
    {
        Table table = new Table().Border(console.IsTerminal ? TableBorder.Rounded : TableBorder.None)
            .AddColumns("exporter", "importer", "outcome", "mapping type", "cost", "GB/s", "why not");
        foreach (MatrixRow row in rows)
        {
            table.AddRow(
                row.Exporter.EscapeMarkup(),
                row.Importer.EscapeMarkup(),
                $"[{ColourOf(row.Outcome)}]{Word(row.Outcome)}[/]",
                row.MappingType ?? "-",
                row.Cost?.ToString() ?? "-",
                SpeedOf(row),
                (row.Reason ?? "-").EscapeMarkup());
        }

        console.Output.Write(table);
        console.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"{Count(rows, MatrixOutcome.Verified)} verified, {Count(rows, MatrixOutcome.Declined)} declined, {Count(rows, MatrixOutcome.Failed)} failed; simulated pairs have no speed."));
    }

    internal static void WriteJson(ToolConsole console, IReadOnlyList<MatrixRow> rows) => console.WriteJson(json =>
    {
        json.WriteNumber("verified", Count(rows, MatrixOutcome.Verified));
        json.WriteNumber("declined", Count(rows, MatrixOutcome.Declined));
        json.WriteNumber("failed", Count(rows, MatrixOutcome.Failed));
        json.WriteStartArray("pairs");
        foreach (MatrixRow row in rows)
        {
            WriteRow(json, row);
        }

        json.WriteEndArray();
    });

    private static void WriteRow(Utf8JsonWriter json, MatrixRow row)
    {
        json.WriteStartObject();
        json.WriteString("exporter", row.Exporter);
        json.WriteString("importer", row.Importer);
        json.WriteBoolean("simulated", row.IsSimulated);
        json.WriteString("outcome", Word(row.Outcome));
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
