namespace DmaBuf;

/// <summary>The offers and requests behind a negotiation, for as long as it is being written down.</summary>
internal sealed record NegotiationData(MappingOfferList? Offers, MappingRequestList Requests, IReadOnlyList<MappingTypeCodec> Codecs)
{
    internal MappingTypeCodec? CodecOf(MappingType type) => Codecs.FirstOrDefault(codec => codec.Type == type);
}
