using System.Globalization;
using System.Text;
using System.Text.Json;

namespace DmaBuf;

/// <summary>
/// The JSON form of negotiations (docs/negotiation-json.md). A document says who negotiates about what and lists offers and requests; a <i>record</i> has the
/// <c>result</c> too. A document whose offers carry their facts can be replayed: see <see cref="NegotiationReplay"/>.
/// </summary>
/// <remarks>Stateless, safe for all threads.</remarks>
public static class NegotiationJson
{
    /// <summary>The value of <c>format</c> that this version writes, and the only one that it reads.</summary>
    public const string Format = "dmabuf-negotiation/1";

    /// <summary>Writes a negotiation with its result, in words: it can be read back, not replayed.</summary>
    /// <exception cref="DmaBufException">E2BIG: its lists make more pairs than can be read back.</exception>
    public static string Write(Negotiation negotiation)
    {
        ArgumentNullException.ThrowIfNull(negotiation);
        return Compose(negotiation, null);
    }

    /// <summary>Negotiates without attaching, and writes the result together with the facts of every type that has a codec, so that it can be replayed.</summary>
    /// <param name="buffer">What is negotiated about.</param>
    /// <param name="importer">Who would attach.</param>
    /// <param name="requests">What it could accept.</param>
    /// <param name="codecs">The codecs; types without one are written in words.</param>
    /// <exception cref="DmaBufException">E2BIG: the lists make more pairs than can be read back.</exception>
    /// <exception cref="ObjectDisposedException">The buffer was released.</exception>
    public static string Record(DmaBuffer buffer, DmaBufferImporter importer, MappingRequestList requests, IReadOnlyList<MappingTypeCodec> codecs)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        ArgumentNullException.ThrowIfNull(codecs);
        Negotiation negotiation = buffer.Explain(importer, requests, out OfferAnswer answer);
        return Compose(negotiation, new NegotiationData(answer.Offers, requests, codecs));
    }

    /// <summary>
    /// Reads what <see cref="Write"/> or <see cref="Record"/> wrote. Written again, the first gives the same text; of the second the types' facts are dropped,
    /// because a <see cref="Negotiation"/> holds none.
    /// </summary>
    /// <exception cref="DmaBufException">EINVAL: names the place in the text and what is wrong there.</exception>
    public static Negotiation Read(string json)
    {
        using JsonDocument document = Parse(json);
        return NegotiationJsonReader.Read(document.RootElement);
    }

    internal static JsonDocument Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            // People write these files: comments and a last comma are harmless, a member that stands there twice is a mistake. Names with an incomplete character are an
            // invalid operation to whoever compares them.
            JsonDocumentOptions options = new()
            {
                CommentHandling = JsonCommentHandling.Skip,
                AllowTrailingCommas = true,
                AllowDuplicateProperties = false,
                MaxDepth = 16,
            };
            return JsonDocument.Parse(json, options);
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException or InvalidOperationException)
        {
            throw NegotiationFacts.Wrong(PlaceOf(exception), $"it is no JSON ({ReasonOf(exception)})", exception);
        }
    }

    /// <summary>People and editors count lines and bytes from 1, the parser from 0.</summary>
    private static string PlaceOf(Exception exception) => exception is JsonException { LineNumber: { } line, BytePositionInLine: { } position }
        ? string.Create(CultureInfo.InvariantCulture, $"line {line + 1}, byte {position + 1}")
        : "line 1";

    /// <summary>Without the parser's own place.</summary>
    private static string ReasonOf(Exception exception)
    {
        int place = exception.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return place < 0 ? exception.Message : exception.Message[..place];
    }

    private static string Compose(Negotiation negotiation, NegotiationData? data)
    {
        NegotiationJsonLimits.RequireWritable(negotiation);
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true }))
        {
            NegotiationJsonWriter.Write(json, negotiation, data);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
