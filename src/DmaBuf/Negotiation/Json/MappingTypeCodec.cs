using System.Text;
using System.Text.Json;

namespace DmaBuf;

/// <summary>
/// Writes the facts of one mapping type's offers and requests as members of a JSON object, and makes offers and requests of such members again. What is decoded
/// has facts but no operations: it is for matching alone, and its operations fail with EOPNOTSUPP.
/// </summary>
/// <remarks>Passed by the caller to <see cref="NegotiationReplay"/>; nothing is registered. Immutable, safe for all threads. Must not write addresses of memory.</remarks>
public abstract class MappingTypeCodec
{
    /// <summary>Makes the codec of a type.</summary>
    protected MappingTypeCodec(MappingType type)
    {
        ArgumentNullException.ThrowIfNull(type);
        Type = type;
    }

    /// <summary>The type whose data it writes and reads; found in a description by name and version.</summary>
    public MappingType Type { get; }

    /// <summary>Writes the members of an offer into the object that is open. The names <c>type version description ceiling converted</c> are taken.</summary>
    /// <param name="json">Positioned inside the offer's object.</param>
    /// <param name="offer">Of this codec's type.</param>
    /// <param name="requests">Whom the offer is described to, so that answers which depend on the pair (a route) can be written down.</param>
    protected internal abstract void EncodeOffer(Utf8JsonWriter json, MappingOffer offer, MappingRequestList requests);

    /// <summary>Writes the members of a request into the object that is open.</summary>
    /// <param name="json">Positioned inside the request's object.</param>
    /// <param name="request">Of this codec's type.</param>
    protected internal abstract void EncodeRequest(Utf8JsonWriter json, MappingRequest request);

    /// <summary>Makes an offer of its members.</summary>
    /// <exception cref="DmaBufException">EINVAL: names the place and what is wrong there.</exception>
    protected internal abstract MappingOffer DecodeOffer(NegotiationFacts facts);

    /// <summary>Makes a request of its members.</summary>
    /// <param name="facts">The members.</param>
    /// <param name="ceiling">The costs that the importer permits.</param>
    /// <exception cref="DmaBufException">EINVAL: names the place and what is wrong there.</exception>
    protected internal abstract MappingRequest DecodeRequest(NegotiationFacts facts, MappingCost ceiling);

    /// <summary>Writes a request as one JSON object of its facts: the form in which it crosses to another process.</summary>
    /// <param name="request">Of this codec's type.</param>
    /// <exception cref="DmaBufException">EINVAL: the request is of another type.</exception>
    public string WriteRequest(MappingRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Type != Type)
        {
            throw new DmaBufException(Errno.EINVAL, $"Writing the request '{request}' was refused: this codec writes requests of {Type}. Take the codec of its type.");
        }

        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            EncodeRequest(json, request);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>Makes a request of the object that <see cref="WriteRequest"/> wrote. Members that this codec does not know are passed over: a later version of the type may have more.</summary>
    /// <param name="json">One JSON object.</param>
    /// <param name="ceiling">The costs that the importer permits.</param>
    /// <exception cref="DmaBufException">EINVAL: names the place and what is wrong there.</exception>
    public MappingRequest ReadRequest(string json, MappingCost ceiling = MappingCost.Default)
    {
        using JsonDocument document = NegotiationJson.Parse(json);
        return DecodeRequest(new NegotiationFacts(document.RootElement, string.Empty), ceiling);
    }

    /// <summary>What the operations of a decoded offer throw.</summary>
    protected static DmaBufException OnlyDescribed(string what) => new(
        Errno.EOPNOTSUPP, $"{what} is not possible with something that was read from a description: it has facts, but no operations. Use it for matching alone.");
}
