using System.Globalization;
using DmaBuf.Linux;
using Spectre.Console;

namespace DmaBuf.Tool;

/// <summary>Buffers as a table: a line each, then the totals, then what is hidden.</summary>
internal static class BufferTable
{
    private const int HoldersShown = 4;

    private static readonly string[] s_titles = ["inode", "size", "exporter", "name", "holders", "attached devices"];

    internal static string[][] Rows(IReadOnlyList<KernelBufferRecord> buffers) => [s_titles, .. buffers.Select(Cells)];

    /// <summary>With a frame, for a terminal.</summary>
    internal static Table Bordered(IReadOnlyList<KernelBufferRecord> buffers)
    {
        Table table = new Table().Border(TableBorder.Rounded).AddColumns([.. s_titles.Select(static title => new TableColumn(title))]);
        table.Columns[1].RightAligned();
        foreach (KernelBufferRecord buffer in buffers)
        {
            table.AddRow([.. Cells(buffer).Select(static cell => cell.EscapeMarkup())]);
        }

        return table;
    }

    internal static string Totals(KernelBufferSnapshot snapshot)
    {
        ulong bytes = snapshot.Buffers.Aggregate(0UL, static (sum, buffer) => sum + (buffer.Size ?? 0));
        int processes = snapshot.Buffers.SelectMany(static buffer => buffer.Holders).Select(static holder => holder.ProcessId).Distinct().Count();
        int unheld = snapshot.Buffers.Count(static buffer => buffer.Holders.Count == 0);
        string rest = unheld > 0 ? string.Create(CultureInfo.InvariantCulture, $"; {unheld} without a visible holder") : "";
        return string.Create(CultureInfo.InvariantCulture, $"{snapshot.Buffers.Count} buffers, {Text.Size(bytes)}, held by {processes} processes{rest}.");
    }

    internal static string Size(KernelBufferRecord buffer) => buffer.Size is { } size ? Text.Size(size) : "?";

    internal static string Kind(KernelBufferRecord buffer) => buffer.Kind == OpenFileKind.DmaBuffer ? "dma-buf" : "memory file";

    /// <summary>Who made it; memory files have no exporter, which is said in brackets so that no driver's name can look like it.</summary>
    internal static string Exporter(KernelBufferRecord buffer) => buffer.Kind == OpenFileKind.MemoryFile ? "(memfd)" : buffer.Exporter is { } exporter ? Printable.Of(exporter) : "?";

    internal static string Devices(KernelBufferRecord buffer) => buffer switch
    {
        { Kind: OpenFileKind.MemoryFile } => "-",
        { AttachedDevices: null } => "?",
        { AttachedDevices: [] } => "-",
        { AttachedDevices: var devices } => Printable.Of(string.Join(", ", devices)),
    };

    private static string[] Cells(KernelBufferRecord buffer) =>
    [
        buffer.Inode.ToString(CultureInfo.InvariantCulture), Size(buffer), Exporter(buffer), buffer.Name is { } name ? Printable.Of(name) : "-", Holders(buffer), Devices(buffer),
    ];

    private static string Holders(KernelBufferRecord buffer)
    {
        if (buffer.Holders.Count == 0)
        {
            return "-";
        }

        string shown = string.Join(", ", buffer.Holders.Take(HoldersShown).Select(static holder => $"{Printable.Of(holder.Command)}[{holder.ProcessId.ToString(CultureInfo.InvariantCulture)}]"));
        int more = buffer.Holders.Count - HoldersShown;
        return more > 0 ? string.Create(CultureInfo.InvariantCulture, $"{shown} and {more} more") : shown;
    }
}
