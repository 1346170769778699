using System.Globalization;
using System.Text;
using System.Text.Json;

namespace DmaBuf.Linux;

/// <summary>Snapshots as JSON (docs/holders-json.md): what <c>dmabuf list --json</c> prints and <c>dmabuf leaks --since</c> reads.</summary>
/// <remarks>Safe for all threads.</remarks>
public static class KernelBufferSnapshotJson
{
    internal const string Format = "dmabuf-holders/1";
    internal const string DmaBufferKind = "dma-buf";
    internal const string MemoryFileKind = "memory-file";

    /// <summary>One JSON object.</summary>
    /// <param name="snapshot">What to write.</param>
    /// <param name="indented">False: on one line, for streams of snapshots.</param>
    public static string Write(KernelBufferSnapshot snapshot, bool indented = true)
    {
        LinuxOnly.Ensure();
        ArgumentNullException.ThrowIfNull(snapshot);
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = indented }))
        {
            json.WriteStartObject();
            json.WriteString("format", Format);
            json.WriteString("takenAt", snapshot.TakenAt);
            json.WriteStartArray("buffers");
            foreach (KernelBufferRecord buffer in snapshot.Buffers)
            {
                json.WriteStartObject();
                WriteMembers(json, buffer);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteNumber("objects", snapshot.Buffers.Count);
            json.WriteNumber("bytes", snapshot.Buffers.Aggregate(0UL, static (sum, buffer) => sum + (buffer.Size ?? 0)));
            WriteNumbers(json, "processes", [.. snapshot.Processes.Select(static process => process.ProcessId)]);
            json.WriteStartArray("processStartTimes");
            foreach (ProcessIdentity process in snapshot.Processes)
            {
                json.WriteNumberValue(process.StartTime);
            }

            json.WriteEndArray();
            WriteHidden(json, snapshot);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>The members of one element of <c>buffers</c>, into an object that the caller began.</summary>
    public static void WriteMembers(Utf8JsonWriter json, KernelBufferRecord buffer)
    {
        LinuxOnly.Ensure();
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(buffer);
        json.WriteString("kind", buffer.Kind == OpenFileKind.DmaBuffer ? DmaBufferKind : MemoryFileKind);
        json.WriteNumber("inode", buffer.Inode);
        WriteNumber(json, "size", buffer.Size);
        json.WriteString("exporter", buffer.Exporter);
        json.WriteString("name", buffer.Name);
        WriteNumber(json, "references", buffer.References);
        json.WriteStartArray("holders");
        foreach (BufferHolder holder in buffer.Holders)
        {
            json.WriteStartObject();
            WriteMembers(json, holder);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteTexts(json, "attachedDevices", buffer.AttachedDevices);
        WriteTexts(json, "fences", buffer.Fences);
    }

    /// <summary>The members of one element of <c>holders</c>, into an object that the caller began.</summary>
    public static void WriteMembers(Utf8JsonWriter json, BufferHolder holder)
    {
        LinuxOnly.Ensure();
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(holder);
        json.WriteNumber("pid", holder.ProcessId);
        json.WriteNumber("startTime", holder.StartTime);
        json.WriteString("command", holder.Command);
        WriteNumber(json, "uid", holder.UserId);
        WriteNumbers(json, "fds", holder.Descriptors);
        json.WriteStartArray("mappings");
        foreach (BufferMapping mapping in holder.Mappings)
        {
            json.WriteStartObject();
            json.WriteString("start", string.Create(CultureInfo.InvariantCulture, $"0x{mapping.Start:x}"));
            json.WriteString("end", string.Create(CultureInfo.InvariantCulture, $"0x{mapping.End:x}"));
            json.WriteNumber("offset", mapping.Offset);
            json.WriteBoolean("writable", mapping.IsWritable);
            json.WriteBoolean("shared", mapping.IsShared);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Reads what <see cref="Write"/> wrote, at whatever time and machine.</summary>
    /// <exception cref="DmaBufException">EINVAL: it is no such text; the message says what is wrong.</exception>
    public static KernelBufferSnapshot Read(string text)
    {
        LinuxOnly.Ensure();
        ArgumentNullException.ThrowIfNull(text);
        return KernelBufferSnapshotReader.Read(text);
    }

    private static void WriteHidden(Utf8JsonWriter json, KernelBufferSnapshot snapshot)
    {
        json.WriteStartObject("hidden");
        json.WriteStartArray("processes");
        foreach (UnreadableProcess process in snapshot.UnreadableProcesses)
        {
            json.WriteStartObject();
            json.WriteNumber("pid", process.ProcessId);
            json.WriteString("errno", process.Errno.ToString());
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("sources");
        foreach (UnreadableSource source in snapshot.UnreadableSources)
        {
            json.WriteStartObject();
            json.WriteString("path", source.Path);
            json.WriteString("errno", source.Errno.ToString());
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, ulong? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IReadOnlyList<int> numbers)
    {
        json.WriteStartArray(name);
        foreach (int number in numbers)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string>? texts)
    {
        if (texts is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartArray(name);
        foreach (string text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }
}
