using System.Text.Json;
using DmaBuf;

namespace FabricMapping;

/// <summary>Fabric as JSON, so that a recorded negotiation can be replayed. Offer and request: <c>link, number</c>.</summary>
/// <remarks>Immutable, safe for all threads. Pass it to <see cref="NegotiationJson.Record"/> and <see cref="NegotiationReplay.Run"/> beside the core's own codecs.</remarks>
public sealed class FabricCodec() : MappingTypeCodec(FabricMappingType.Instance)
{
    /// <inheritdoc/>
    protected override void EncodeOffer(Utf8JsonWriter json, MappingOffer offer, MappingRequestList requests)
        => Write(json, FabricMappingType.Instance.NodeOf(offer));

    /// <inheritdoc/>
    protected override void EncodeRequest(Utf8JsonWriter json, MappingRequest request) => Write(json, FabricMappingType.Instance.NodeOf(request));

    /// <inheritdoc/>
    protected override MappingOffer DecodeOffer(NegotiationFacts facts) => FabricMappingType.Offer(Read(facts), new DescribedOperations());

    /// <inheritdoc/>
    protected override MappingRequest DecodeRequest(NegotiationFacts facts, MappingCost ceiling) => FabricMappingType.Request(Read(facts), ceiling);

    private static void Write(Utf8JsonWriter json, FabricNode node)
    {
        ArgumentNullException.ThrowIfNull(json);
        json.WriteNumber("link", node.Link);
        json.WriteNumber("number", node.Number);
    }

    private static FabricNode Read(NegotiationFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        return new FabricNode((int)facts.GetNumber("link"), (int)facts.GetNumber("number"));
    }

    private sealed class DescribedOperations : IFabricOperations
    {
        public FabricRange OpenWindow(FabricAttachment attachment, in ReservationLock held) => throw OnlyDescribed("Opening a window");

        public void CloseWindow(FabricAttachment attachment, FabricRange range, in ReservationLock held)
        {
            // Nothing was ever opened.
        }
    }
}
