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

    /// <summary>What the operations of a decoded offer throw.</summary>
    protected static DmaBufException OnlyDescribed(string what) => new(
        Errno.EOPNOTSUPP, $"{what} is not possible with something that was read from a description: it has facts, but no operations. Use it for matching alone.");
}
