using System.CommandLine;
using DmaBuf.Linux;

namespace DmaBuf.Tool;

/// <summary>The options that choose and order buffers; the same for <c>list</c> and <c>top</c>.</summary>
internal sealed class BufferFilter
{
    // The names of the sort orders, the first of which is the usual one.
    private static readonly string[] s_orders = ["size", "inode", "exporter", "name", "holders"];

    private readonly Option<string> _sort = new("--sort")
    {
        Description = "Largest or most first (size, holders), or by inode, exporter or name.",
        DefaultValueFactory = static _ => s_orders[0],
    };

    private readonly Option<string?> _exporter = new("--exporter") { Description = "Only buffers of this exporter, for example system.", HelpName = "NAME" };
    private readonly Option<int?> _process = new("--pid") { Description = "Only buffers that this process holds.", HelpName = "PID" };
    private readonly Option<string?> _name = new("--name") { Description = "Only buffers whose name contains this.", HelpName = "TEXT" };

    internal BufferFilter(Command command)
    {
        _sort.AcceptOnlyFromAmong(s_orders);
        command.Options.Add(_sort);
        command.Options.Add(_exporter);
        command.Options.Add(_process);
        command.Options.Add(_name);
    }

    internal KernelBufferSnapshot Apply(KernelBufferSnapshot snapshot, ParseResult arguments)
    {
        string? exporter = arguments.GetValue(_exporter);
        int? process = arguments.GetValue(_process);
        string? name = arguments.GetValue(_name);
        return snapshot.Where(buffer => (exporter is null || buffer.Exporter == exporter)
            && (process is null || buffer.Holders.Any(holder => holder.ProcessId == process))
            && (name is null || buffer.Name?.Contains(name, StringComparison.Ordinal) == true));
    }

    internal IReadOnlyList<KernelBufferRecord> Sort(IEnumerable<KernelBufferRecord> buffers, ParseResult arguments) => arguments.GetValue(_sort) switch
    {
        "inode" => [.. buffers.OrderBy(static buffer => buffer.Inode)],
        "exporter" => [.. buffers.OrderBy(static buffer => buffer.Exporter, StringComparer.Ordinal).ThenByDescending(static buffer => buffer.Size)],
        "name" => [.. buffers.OrderBy(static buffer => buffer.Name, StringComparer.Ordinal).ThenByDescending(static buffer => buffer.Size)],
        "holders" => [.. buffers.OrderByDescending(static buffer => buffer.Holders.Count).ThenByDescending(static buffer => buffer.Size)],
        _ => [.. buffers.OrderByDescending(static buffer => buffer.Size).ThenBy(static buffer => buffer.Inode)],
    };
}
