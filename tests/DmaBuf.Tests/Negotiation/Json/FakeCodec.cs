using System.Text.Json;
using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Negotiation.Json;

/// <summary>A fake type as JSON: its data is the member <c>data</c> of offers and requests.</summary>
internal sealed class FakeCodec(FakeType type) : MappingTypeCodec(type)
{
    protected internal override void EncodeOffer(Utf8JsonWriter json, MappingOffer offer, MappingRequestList requests)
        => json.WriteString("data", type.DescribeOfferPair(offer));

    protected internal override void EncodeRequest(Utf8JsonWriter json, MappingRequest request)
        => json.WriteString("data", type.DescribeRequestPair(request));

    protected internal override MappingOffer DecodeOffer(NegotiationFacts facts) => type.Offer(facts.GetText("data"));

    protected internal override MappingRequest DecodeRequest(NegotiationFacts facts, MappingCost ceiling) => type.Request(facts.GetText("data"), ceiling);
}
