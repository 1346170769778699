using System.Globalization;
using System.Text.Json;

namespace DmaBuf.Linux;

/// <summary>Makes a snapshot of JSON. The text may have been written by a stranger: every member is checked, and members that are not known are passed over.</summary>
internal static class KernelBufferSnapshotReader
{
    internal static KernelBufferSnapshot Read(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            JsonElement root = document.RootElement;
            if (root.GetProperty("format").GetString() is not KernelBufferSnapshotJson.Format and var format)
            {
                throw new FormatException($"its format is \"{format}\", and \"{KernelBufferSnapshotJson.Format}\" is known");
            }

            JsonElement hidden = root.GetProperty("hidden");
            return new(
                root.GetProperty("takenAt").GetDateTimeOffset(),
                ReadProcesses(root),
                [.. root.GetProperty("buffers").EnumerateArray().Select(ReadBuffer)],
                [.. hidden.GetProperty("processes").EnumerateArray().Select(static each => new UnreadableProcess(each.GetProperty("pid").GetInt32(), ReadErrno(each)))],
                [.. hidden.GetProperty("sources").EnumerateArray().Select(static each => new UnreadableSource(Text(each, "path"), ReadErrno(each)))]);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or OverflowException)
        {
            throw new DmaBufException(
                Errno.EINVAL, $"Reading a snapshot of buffers failed: {exception.Message.ReplaceLineEndings(" ")} Give what 'dmabuf list --json' printed.", exception);
        }
    }

    /// <summary>Start times came later than the format: without them they are unknown.</summary>
    private static List<ProcessIdentity> ReadProcesses(JsonElement root)
    {
        List<int> numbers = Numbers(root.GetProperty("processes"));
        List<ulong> starts = root.TryGetProperty("processStartTimes", out JsonElement times) ? [.. times.EnumerateArray().Select(static time => time.GetUInt64())] : [.. numbers.Select(static _ => 0UL)];
        return starts.Count == numbers.Count
            ? [.. numbers.Zip(starts, static (number, start) => new ProcessIdentity(number, start))]
            : throw new FormatException($"it has {numbers.Count} processes and {starts.Count} start times.");
    }

    private static KernelBufferRecord ReadBuffer(JsonElement buffer) => new(
        Text(buffer, "kind") switch
        {
            KernelBufferSnapshotJson.DmaBufferKind => OpenFileKind.DmaBuffer,
            KernelBufferSnapshotJson.MemoryFileKind => OpenFileKind.MemoryFile,
            var kind => throw new FormatException($"a buffer's kind is \"{kind}\"."),
        },
        buffer.GetProperty("inode").GetUInt64(),
        OptionalNumber(buffer, "size"),
        buffer.GetProperty("exporter").GetString(),
        buffer.GetProperty("name").GetString(),
        OptionalNumber(buffer, "references"),
        [.. buffer.GetProperty("holders").EnumerateArray().Select(ReadHolder)],
        OptionalTexts(buffer, "attachedDevices"),
        OptionalTexts(buffer, "fences"));

    private static BufferHolder ReadHolder(JsonElement holder) => new(
        holder.GetProperty("pid").GetInt32(),
        holder.GetProperty("startTime").GetUInt64(),
        Text(holder, "command"),
        (uint?)OptionalNumber(holder, "uid"),
        Numbers(holder.GetProperty("fds")),
        [.. holder.GetProperty("mappings").EnumerateArray().Select(static mapping => new BufferMapping(
            Address(mapping, "start"), Address(mapping, "end"), mapping.GetProperty("offset").GetUInt64(),
            mapping.GetProperty("writable").GetBoolean(), mapping.GetProperty("shared").GetBoolean()))]);

    private static Errno ReadErrno(JsonElement element) =>
        Enum.TryParse(Text(element, "errno"), out Errno errno) ? errno : throw new FormatException($"\"{Text(element, "errno")}\" is no errno.");

    private static ulong Address(JsonElement element, string name) =>
        Text(element, name) is ['0', 'x', .. string digits] && ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong address)
            ? address
            : throw new FormatException($"\"{Text(element, name)}\" is no address.");

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString() ?? throw new FormatException($"{name} is null.");

    private static ulong? OptionalNumber(JsonElement element, string name) =>
        element.GetProperty(name) is { ValueKind: not JsonValueKind.Null } number ? number.GetUInt64() : null;

    private static List<string>? OptionalTexts(JsonElement element, string name) => element.GetProperty(name) is { ValueKind: not JsonValueKind.Null } texts
        ? [.. texts.EnumerateArray().Select(static text => text.GetString() ?? "")]
        : null;

    private static List<int> Numbers(JsonElement array) => [.. array.EnumerateArray().Select(static number => number.GetInt32())];
}
