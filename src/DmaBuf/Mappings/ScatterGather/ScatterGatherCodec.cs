using System.Text.Json;

namespace DmaBuf;

/// <summary>
/// ScatterGatherTable as JSON. Offer: <c>peerToPeer, device, routes, cost</c>, where routes are the answers that the exporting device gave for the clients of
/// this negotiation; request: <c>device, pciAddress, peerToPeer, rangeCost</c>.
/// </summary>
internal sealed class ScatterGatherCodec() : MappingTypeCodec(ScatterGatherMappingType.Instance)
{
    protected internal override void EncodeOffer(Utf8JsonWriter json, MappingOffer offer, MappingRequestList requests)
    {
        ScatterGatherOffer data = ((MappingOffer<ScatterGatherOffer>)offer).Data;
        json.WriteString("peerToPeer", data.Requirement.ToString());
        NegotiationNames.WriteFlags(json, "cost", data.Cost);
        if (data.Device is not { } device)
        {
            return;
        }

        json.WriteString("device", device.Address);
        json.WriteStartArray("routes");
        foreach (IPciDevice? client in requests.OfType<MappingRequest<ScatterGatherOffer, ScatterGatherRequest, ScatterGatherAttachment>>()
            .Select(static request => request.Data.Device.PciDevice).DistinctBy(static client => client?.Address))
        {
            PeerToPeerRoute route = device.RouteFrom(client);
            json.WriteStartObject();
            json.WriteString("client", client?.Address);
            json.WriteString("path", route.MapType.ToString());
            if (route.Distance >= 0)
            {
                json.WriteNumber("distance", route.Distance);
            }

            json.WriteString("reason", route.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    protected internal override void EncodeRequest(Utf8JsonWriter json, MappingRequest request)
    {
        ScatterGatherRequest data = ((MappingRequest<ScatterGatherOffer, ScatterGatherRequest, ScatterGatherAttachment>)request).Data;
        json.WriteString("device", data.Device.Name);
        json.WriteString("pciAddress", data.Device.PciDevice?.Address);
        json.WriteString("peerToPeer", data.Acceptance.ToString());
        NegotiationNames.WriteFlags(json, "rangeCost", data.Device.RangeMappingCost);
    }

    protected internal override MappingOffer DecodeOffer(NegotiationFacts facts)
    {
        IReadOnlyList<NegotiationFacts> routes = facts.GetObjects("routes", NegotiationJsonLimits.MaximumListLength);
        DescribedPciDevice? device = facts.TryGetText("device") is { } address ? new DescribedPciDevice(address, [.. routes.Select(DecodeRoute)]) : null;
        return device is not null || routes.Count == 0
            ? ScatterGatherMappingType.OfferPeerToPeer(
                new DescribedScatterGather(),
                facts.GetChoice("peerToPeer", PeerToPeerRequirement.None),
                device,
                facts.GetCost("cost", MappingCost.None))
            : throw NegotiationFacts.Wrong(facts.At("routes"), "routes lead to a device, and none is named");
    }

    protected internal override MappingRequest DecodeRequest(NegotiationFacts facts, MappingCost ceiling) => ScatterGatherMappingType.Request(
        new DescribedDmaDevice(
            facts.GetText("device"),
            facts.TryGetText("pciAddress") is { } address ? new DescribedPciDevice(address, []) : null,
            facts.GetCost("rangeCost", MappingCost.None)),
        facts.GetChoice("peerToPeer", PeerToPeerAcceptance.NotAccepted),
        ceiling);

    private static KeyValuePair<string, PeerToPeerRoute> DecodeRoute(NegotiationFacts facts)
    {
        PeerToPeerMapType path = facts.GetChoice("path", PeerToPeerMapType.Unknown);
        bool usable = path is PeerToPeerMapType.BusAddress or PeerToPeerMapType.ThroughHostBridge or PeerToPeerMapType.None;
        int distance = facts.GetNumber("distance", usable ? 0UL : ulong.MaxValue) is var hops && hops <= int.MaxValue ? (int)hops : -1;
        PeerToPeerRoute route = new(path, distance, facts.TryGetText("reason") ?? "as described");
        KeyValuePair<string, PeerToPeerRoute> decoded = new(facts.TryGetText("client") ?? string.Empty, route);
        facts.RequireAllRead();
        return decoded;
    }
}
