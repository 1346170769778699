namespace DmaBuf.Tool;

/// <summary>A table for other programs: a line a row, columns padded with blanks but for the last, which ends where its text ends.</summary>
internal static class PlainTable
{
    internal static void Write(ToolConsole console, IReadOnlyList<string[]> rows)
    {
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows)
        {
            console.Line(string.Join(' ', row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
        }
    }
}
