using System.Text;

namespace DmaBuf.Bench;

/// <summary>A Markdown table whose columns also line up on a terminal. The first column is text, the others are figures.</summary>
internal sealed class TextTable(params IReadOnlyList<string> header)
{
    private readonly List<IReadOnlyList<string>> _rows = [];

    /// <summary>Adds a row with one cell a column.</summary>
    public void Add(params IReadOnlyList<string> cells) => _rows.Add(cells);

    /// <summary>The whole table, each line ended.</summary>
    public override string ToString()
    {
        int[] widths = [.. header.Select((title, column) => _rows.Select(row => row[column].Length).Append(title.Length).Max())];
        var text = new StringBuilder();
        Append(text, widths, header);
        text.Append('|');
        for (int column = 0; column < widths.Length; column++)
            text.Append(column == 0 ? ":" : "-").Append('-', widths[column]).Append(column == 0 ? '-' : ':').Append('|');
        text.Append('\n');
        foreach (IReadOnlyList<string> row in _rows)
            Append(text, widths, row);
        return text.ToString();
    }

    private static void Append(StringBuilder text, int[] widths, IReadOnlyList<string> cells)
    {
        text.Append('|');
        for (int column = 0; column < widths.Length; column++)
            text.Append(' ').Append(column == 0 ? cells[column].PadRight(widths[column]) : cells[column].PadLeft(widths[column])).Append(" |");
        text.Append('\n');
    }
}
