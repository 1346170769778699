using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using DmaBuf.Linux;

namespace DmaBuf.Tool;

/// <summary><c>dmabuf leaks</c>: watches for a while, or compares with a saved list, and names buffers that outlived their holders and processes that hold more and more.</summary>
internal sealed class LeaksCommand : HoldersCommand
{
    private const int MaximumCharacters = 256 << 20;

    private readonly SecondsOption _for = new("--for", "How long to watch.", 10);
    private readonly SecondsOption _interval = new("--interval", "Time from one snapshot to the next.", 1);
    private readonly Option<string?> _since = new("--since") { Description = "Instead of watching: compare now with what 'dmabuf list --json' printed then; - reads standard input.", HelpName = "FILE" };
    private readonly Option<ulong> _minimum = new("--min-bytes") { Description = "Name processes only that grew by so many bytes or more.", HelpName = "BYTES" };

    internal LeaksCommand()
        : base(
            "leaks",
            "Finds buffers whose holders died and processes that hold more and more; exit code 1 if there are any.",
            "dmabuf leaks --for 60",
            "sudo dmabuf leaks --for 10 --min-bytes 1048576 --json",
            "dmabuf list --json > before.json; run-the-test; dmabuf leaks --since before.json")
    {
        Options.Add(_for);
        Options.Add(_interval);
        Options.Add(_since);
        Options.Add(_minimum);
    }

    internal override async Task<int> RunAsync(ToolConsole console, ParseResult arguments, CancellationToken cancellationToken)
    {
        IReadOnlyList<KernelBufferSnapshot> snapshots = arguments.GetValue(_since) is { } file
            ? [await LoadAsync(file, cancellationToken).ConfigureAwait(false), Take(arguments)]
            : await WatchAsync(arguments, cancellationToken).ConfigureAwait(false);
        KernelBufferLeaks leaks = KernelBufferLeaks.Find(snapshots, arguments.GetValue(_minimum));
        if (arguments.GetValue(Json))
        {
            console.WriteJson(json => WriteJson(json, snapshots, leaks));
        }
        else
        {
            Write(console, snapshots, leaks);
        }

        return leaks.Any ? ExitCode.Failure : ExitCode.Success;
    }

    private static async Task<KernelBufferSnapshot> LoadAsync(string file, CancellationToken cancellationToken)
    {
        string text = await DescriptionFile.ReadAsync(file, cancellationToken, MaximumCharacters).ConfigureAwait(false);
        try
        {
            return KernelBufferSnapshotJson.Read(text);
        }
        catch (DmaBufException exception) when (exception.Errno == Errno.EINVAL)
        {
            throw new BadUseException($"{DescriptionFile.Title(file)}: {exception.Message.ReplaceLineEndings(" ")}");
        }
    }

    /// <summary>The first snapshot at once, the last when the time is over.</summary>
    private async Task<IReadOnlyList<KernelBufferSnapshot>> WatchAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        TimeSpan total = _for.Of(arguments);
        TimeSpan interval = _interval.Of(arguments);
        long begin = Environment.TickCount64;
        List<KernelBufferSnapshot> snapshots = [Take(arguments)];
        for (TimeSpan left = total; left > TimeSpan.Zero; left = total - TimeSpan.FromMilliseconds(Environment.TickCount64 - begin))
        {
            await Task.Delay(left < interval ? left : interval, cancellationToken).ConfigureAwait(false);
            snapshots.Add(Take(arguments));
        }

        return snapshots;
    }

    private static void Write(ToolConsole console, IReadOnlyList<KernelBufferSnapshot> snapshots, KernelBufferLeaks leaks)
    {
        foreach (OrphanedBuffer orphan in leaks.Orphans)
        {
            string dead = string.Join(", ", orphan.DeadHolders.Select(static holder => string.Create(CultureInfo.InvariantCulture, $"{Printable.Of(holder.Command)}[{holder.ProcessId}]")));
            string name = orphan.Buffer.Name is { } text ? $" '{Printable.Of(text)}'" : "";
            console.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"orphan  inode {orphan.Buffer.Inode}{name}, {BufferTable.Size(orphan.Buffer)} of {BufferTable.Exporter(orphan.Buffer)}: held by {dead}, dead since; attached devices: {BufferTable.Devices(orphan.Buffer)}"));
        }

        foreach (GrowingHolder holder in leaks.Growing)
        {
            console.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"growing {Printable.Of(holder.Process.Command)}[{holder.Process.ProcessId}]: {holder.BuffersBefore} buffers, {Text.Size(holder.BytesBefore)} -> {holder.BuffersAfter} buffers, {Text.Size(holder.BytesAfter)}"));
        }

        console.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"{leaks.Orphans.Count} orphans, {leaks.Growing.Count} growing processes in {snapshots.Count} snapshots over {(snapshots[^1].TakenAt - snapshots[0].TakenAt).TotalSeconds:0.0} s."));
        foreach (string note in HiddenNotes.Of(snapshots[^1]))
        {
            console.Line(note);
        }
    }

    private static void WriteJson(Utf8JsonWriter json, IReadOnlyList<KernelBufferSnapshot> snapshots, KernelBufferLeaks leaks)
    {
        json.WriteString("from", snapshots[0].TakenAt);
        json.WriteString("to", snapshots[^1].TakenAt);
        json.WriteNumber("snapshots", snapshots.Count);
        json.WriteStartArray("orphans");
        foreach (OrphanedBuffer orphan in leaks.Orphans)
        {
            json.WriteStartObject();
            json.WriteStartObject("buffer");
            KernelBufferSnapshotJson.WriteMembers(json, orphan.Buffer);
            json.WriteEndObject();
            json.WriteStartArray("deadHolders");
            foreach (BufferHolder holder in orphan.DeadHolders)
            {
                json.WriteStartObject();
                KernelBufferSnapshotJson.WriteMembers(json, holder);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("growing");
        foreach (GrowingHolder holder in leaks.Growing)
        {
            json.WriteStartObject();
            json.WriteNumber("pid", holder.Process.ProcessId);
            json.WriteNumber("startTime", holder.Process.StartTime);
            json.WriteString("command", holder.Process.Command);
            json.WriteNumber("buffersBefore", holder.BuffersBefore);
            json.WriteNumber("buffersAfter", holder.BuffersAfter);
            json.WriteNumber("bytesBefore", holder.BytesBefore);
            json.WriteNumber("bytesAfter", holder.BytesAfter);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("hiddenProcesses", snapshots[^1].UnreadableProcesses.Count);
    }
}
