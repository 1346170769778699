using System.Text.Json;

namespace DmaBuf.Tool;

/// <summary>
/// The private handshake of <c>share</c> and <c>receive</c>: each message is one JSON object with a <c>kind</c>, in one packet of the socket. The order is
/// hello (sharer), choice (receiver), memory with the descriptor (sharer), done or failed (receiver).
/// </summary>
/// <remarks>What a peer sent is checked before it is believed: its length by the socket, its form here, its memory by the seals.</remarks>
internal static class HandoverMessage
{
    internal const int MaximumBytes = 16 << 10;

    private const string Protocol = "dmabuf-share/1";
    private const int MaximumTexts = 64;

    internal static byte[] Encode(string kind, Action<Utf8JsonWriter> members)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            json.WriteString("protocol", Protocol);
            json.WriteString("kind", kind);
            members(json);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    /// <summary>Takes a message apart; a peer's <c>failed</c> becomes the exception that it reports.</summary>
    internal static JsonDocument Decode(ReadOnlySpan<byte> message, string kind)
    {
        JsonDocument document = Parse(message);
        try
        {
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || Text(root, "protocol") != Protocol)
            {
                throw Bad($"it does not speak {Protocol}");
            }

            string found = Text(root, "kind");
            return found == kind ? document : throw Unexpected(root, kind, found);
        }
        catch
        {
            document.Dispose();
            throw;
        }
    }

    internal static string Text(JsonElement root, string name)
    {
        try
        {
            return root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Bad($"it has no text '{name}'");
        }
        catch (InvalidOperationException)
        {
            throw Bad($"its '{name}' holds an incomplete character");
        }
    }

    internal static ulong Number(JsonElement root, string name)
        => root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out ulong number)
            ? number
            : throw Bad($"it has no whole number '{name}'");

    internal static List<string> Texts(JsonElement root, string name)
    {
        if (!root.TryGetProperty(name, out JsonElement value) || value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > MaximumTexts)
        {
            throw Bad($"it has no short list '{name}'");
        }

        return [.. value.EnumerateArray().Select(element => element.ValueKind == JsonValueKind.String
            ? element.GetString()!
            : throw Bad($"its list '{name}' holds something that is no text"))];
    }

    internal static DmaBufException Bad(string what)
        => new(Errno.EPROTO, $"The other side's message was refused: {what}. Use 'dmabuf share' and 'dmabuf receive' of the same version.");

    private static Exception Unexpected(JsonElement root, string kind, string found) => (kind, found) switch
    {
        (_, "failed") => Failure(root),
        ("hello", "frames") => new BadUseException("the other side publishes frames, and this waits for a file; run 'dmabuf share --subscribe' with its address"),
        ("frames", "hello") => new BadUseException("the other side shares a file, and this waits for frames; run 'dmabuf receive' with its address"),
        _ => Bad($"'{kind}' was due, '{Printable.Of(found)}' came"),
    };

    private static JsonDocument Parse(ReadOnlySpan<byte> message)
    {
        Utf8JsonReader reader = new(message, new JsonReaderOptions { MaxDepth = 4 });
        try
        {
            return JsonDocument.ParseValue(ref reader);
        }
        catch (JsonException)
        {
            throw Bad("it is no JSON");
        }
    }

    private static DmaBufException Failure(JsonElement root)
    {
        // Control characters of a peer must not reach a terminal.
        string reason = new([.. Text(root, "reason").Select(static each => char.IsControl(each) && each != '\n' ? '?' : each)]);
        return new DmaBufException(Errno.EIO, $"The other side reported: {reason}");
    }
}
