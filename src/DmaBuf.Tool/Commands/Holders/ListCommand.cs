using System.CommandLine;
using DmaBuf.Linux;

namespace DmaBuf.Tool;

/// <summary><c>dmabuf list</c>: every kernel buffer that this user may see, and who holds it.</summary>
internal sealed class ListCommand : HoldersCommand
{
    private readonly BufferFilter _filter;

    internal ListCommand()
        : base(
            "list",
            "Lists the kernel's buffers: size, exporter, name, who holds them, and what is attached to them.",
            "dmabuf list",
            "sudo dmabuf list --sort holders",
            "dmabuf list --memory-files --pid 4711",
            "dmabuf list --json > before.json")
        => _filter = new(this);

    internal override Task<int> RunAsync(ToolConsole console, ParseResult arguments, CancellationToken cancellationToken)
    {
        KernelBufferSnapshot snapshot = _filter.Apply(Take(arguments), arguments);
        if (arguments.GetValue(Json))
        {
            console.Line(KernelBufferSnapshotJson.Write(snapshot));
        }
        else
        {
            Write(console, snapshot, _filter.Sort(snapshot.Buffers, arguments));
        }

        return Task.FromResult(ExitCode.Success);
    }

    /// <summary>Also for each snapshot of <c>top</c> off a terminal.</summary>
    internal static void Write(ToolConsole console, KernelBufferSnapshot snapshot, IReadOnlyList<KernelBufferRecord> sorted)
    {
        if (console.IsTerminal)
        {
            console.Output.Write(BufferTable.Bordered(sorted));
        }
        else
        {
            PlainTable.Write(console, BufferTable.Rows(sorted));
        }

        console.Line(BufferTable.Totals(snapshot));
        foreach (string note in HiddenNotes.Of(snapshot))
        {
            console.Line(note);
        }
    }
}
