using System.CommandLine;
using System.Globalization;
using DmaBuf.Linux;

namespace DmaBuf.Tool;

/// <summary><c>dmabuf show INODE</c>: everything that is known of one buffer.</summary>
internal sealed class ShowCommand : HoldersCommand
{
    private readonly Argument<ulong> _inode = new("INODE") { Description = "Which one: the first column of 'dmabuf list'." };

    internal ShowCommand()
        : base("show", "Shows one kernel buffer: holders with descriptors and mappings, attached devices, fences.", "dmabuf show 52", "sudo dmabuf show 52 --json", "dmabuf show 7 --memory-files")
        => Arguments.Add(_inode);

    internal override Task<int> RunAsync(ToolConsole console, ParseResult arguments, CancellationToken cancellationToken)
    {
        ulong inode = arguments.GetValue(_inode);
        KernelBufferSnapshot snapshot = Take(arguments).Where(buffer => buffer.Inode == inode);
        if (snapshot.Buffers.Count == 0)
        {
            ToolConsole.Complain(string.Create(CultureInfo.InvariantCulture, $"no buffer with inode {inode} is visible; run 'dmabuf list' for those that are, as root for those of everybody, with --memory-files for memory files"));
            return Task.FromResult(ExitCode.Failure);
        }

        if (arguments.GetValue(Json))
        {
            console.Line(KernelBufferSnapshotJson.Write(snapshot));
            return Task.FromResult(ExitCode.Success);
        }

        foreach (KernelBufferRecord buffer in snapshot.Buffers)
        {
            Write(console, buffer);
        }

        foreach (string note in HiddenNotes.Of(snapshot))
        {
            console.Line(note);
        }

        return Task.FromResult(ExitCode.Success);
    }

    private static void Write(ToolConsole console, KernelBufferRecord buffer)
    {
        console.Line(string.Create(CultureInfo.InvariantCulture, $"inode       {buffer.Inode} ({BufferTable.Kind(buffer)})"));
        console.Line($"size        {BufferTable.Size(buffer)}{(buffer.Size is { } size ? string.Create(CultureInfo.InvariantCulture, $" ({size} bytes)") : "")}");
        console.Line($"exporter    {BufferTable.Exporter(buffer)}");
        console.Line($"name        {(buffer.Name is { } name ? Printable.Of(name) : "-")}");
        console.Line($"references  {buffer.References?.ToString(CultureInfo.InvariantCulture) ?? "?"}");
        console.Line($"attached    {BufferTable.Devices(buffer)}");
        foreach (string fence in buffer.Fences ?? [])
        {
            console.Line($"fence       {Printable.Of(fence)}");
        }

        foreach (BufferHolder holder in buffer.Holders)
        {
            Write(console, holder);
        }

        if (buffer.Holders.Count == 0)
        {
            console.Line("holder      none that is visible: the kernel, a socket in which it waits, or a hidden process keeps it");
        }
    }

    private static void Write(ToolConsole console, BufferHolder holder)
    {
        string descriptors = holder.Descriptors.Count == 0 ? "no descriptor" : $"descriptors {string.Join(", ", holder.Descriptors.Select(static number => number.ToString(CultureInfo.InvariantCulture)))}";
        string user = holder.UserId?.ToString(CultureInfo.InvariantCulture) ?? "?";
        console.Line(string.Create(CultureInfo.InvariantCulture, $"holder      {Printable.Of(holder.Command)}[{holder.ProcessId}], user {user}, {descriptors}, {Text.Size(holder.MappedBytes)} mapped"));
        foreach (BufferMapping mapping in holder.Mappings)
        {
            string access = $"{(mapping.IsWritable ? "read-write" : "read-only")}, {(mapping.IsShared ? "shared" : "private")}";
            console.Line(string.Create(CultureInfo.InvariantCulture, $"              0x{mapping.Start:x}-0x{mapping.End:x}, {Text.Size(mapping.Bytes)} from byte {mapping.Offset}, {access}"));
        }
    }
}
