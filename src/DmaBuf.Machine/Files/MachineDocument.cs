using System.Globalization;
using System.Text.Json;

namespace DmaBuf.Machine;

/// <summary>
/// The JSON form of a machine (docs/machine-json.md, docs/machine.schema.json): what <see cref="SoftwareMachineBuilder"/> says in code, for people without a compiler.
/// Registers behind a BAR are code, and are all that a document cannot say.
/// </summary>
/// <remarks>Stateless, safe for all threads.</remarks>
public static class MachineDocument
{
    /// <summary>The value of <c>format</c>, and the only one that this version reads.</summary>
    public const string Format = "dmabuf-machine/1";

    /// <summary>The most characters of a document.</summary>
    public const int MaximumLength = 1 << 20;

    /// <summary>Reads a machine's description.</summary>
    /// <param name="json">The document; comments and a last comma are allowed.</param>
    /// <returns>The description, to be built as it is or with more added.</returns>
    /// <exception cref="DmaBufException">
    /// EINVAL: no JSON, or a member is unknown, missing, twice there, of another type or out of its limits; names the place, for example
    /// <c>hostBridges[0].ports[1].switch</c>. What the builder refused is the inner exception, with the builder's errno.
    /// </exception>
    public static SoftwareMachineBuilder Read(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        using JsonDocument document = Parse(json);
        return MachineReader.Read(new MachineFacts(document.RootElement, string.Empty));
    }

    private static JsonDocument Parse(string json)
    {
        if (json.Length > MaximumLength)
        {
            throw MachineFacts.Wrong(
                string.Empty, string.Create(CultureInfo.InvariantCulture, $"it has {json.Length} characters, and {MaximumLength} is the limit; describe a smaller machine"));
        }

        try
        {
            // People write these files: comments and a last comma are harmless, a member that stands there twice is a mistake. Names with an incomplete character are an
            // invalid operation to whoever compares them.
            JsonDocumentOptions options = new()
            {
                CommentHandling = JsonCommentHandling.Skip,
                AllowTrailingCommas = true,
                AllowDuplicateProperties = false,
                MaxDepth = 64,
            };
            return JsonDocument.Parse(json, options);
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException or InvalidOperationException)
        {
            throw MachineFacts.Wrong(PlaceOf(exception), $"it is no JSON ({ReasonOf(exception)}); correct it there", exception);
        }
    }

    /// <summary>People and editors count lines and bytes from 1, the parser from 0.</summary>
    private static string PlaceOf(Exception exception) => exception is JsonException { LineNumber: { } line, BytePositionInLine: { } position }
        ? string.Create(CultureInfo.InvariantCulture, $"line {line + 1}, byte {position + 1}")
        : "line 1";

    /// <summary>Without the parser's own place; it may cite what stands in the document.</summary>
    private static string ReasonOf(Exception exception)
    {
        int place = exception.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return MachineNumber.Printable(place < 0 ? exception.Message : exception.Message[..place]).TrimEnd('.');
    }
}
