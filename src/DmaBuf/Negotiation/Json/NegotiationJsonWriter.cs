using System.Text.Json;

namespace DmaBuf;

/// <summary>Writes a negotiation as JSON; with its data, the facts of each type that has a codec.</summary>
internal static class NegotiationJsonWriter
{
    internal static void Write(Utf8JsonWriter json, Negotiation negotiation, NegotiationData? data)
    {
        NegotiationParties parties = negotiation.Parties;
        json.WriteStartObject();
        json.WriteString("format", NegotiationJson.Format);
        json.WriteStartObject("buffer");
        json.WriteString("name", parties.Buffer);
        json.WriteNumber("size", parties.Size);
        json.WriteEndObject();
        json.WriteStartObject("exporter");
        json.WriteString("name", parties.Exporter);
        json.WriteStartArray("offers");
        for (int index = 0; index < negotiation.Offers.Count; index++)
        {
            WriteOffer(json, negotiation.Offers[index], data?.Offers?.Items[index], data);
        }

        json.WriteEndArray();
        if (data is { Offers: null })
        {
            json.WriteStartObject("refusal");
            NegotiationNames.WriteErrno(json, "errno", negotiation.Errno);
            json.WriteString("reason", negotiation.Reason);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteStartObject("importer");
        json.WriteString("name", parties.Importer);
        json.WriteBoolean("dynamic", parties.ImporterIsDynamic);
        json.WriteStartArray("requests");
        for (int index = 0; index < negotiation.Requests.Count; index++)
        {
            WriteRequest(json, negotiation.Requests[index], data?.Requests.Items[index], data);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        WriteResult(json, negotiation);
        json.WriteEndObject();
    }

    private static void WriteOffer(Utf8JsonWriter json, NegotiationOffer described, MappingOffer? offer, NegotiationData? data)
    {
        json.WriteStartObject();
        WriteType(json, described.Type, described.Version, described.Description);
        if (offer is not null && data?.CodecOf(offer.Type) is { } codec)
        {
            codec.EncodeOffer(json, offer, data.Requests);
        }

        if (described.ConvertibleTo.Count > 0)
        {
            json.WriteStartArray("converted");
            for (int index = 0; index < described.ConvertibleTo.Count; index++)
            {
                json.WriteStartObject();
                json.WriteString("type", described.ConvertibleTo[index]);
                if (offer?.Converted[index] is { } converted)
                {
                    json.WriteNumber("version", converted.Type.Version);
                    json.WriteString("description", converted.Type.DescribeOfferPair(converted));
                    data?.CodecOf(converted.Type)?.EncodeOffer(json, converted, data.Requests);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteRequest(Utf8JsonWriter json, NegotiationRequest described, MappingRequest? request, NegotiationData? data)
    {
        json.WriteStartObject();
        WriteType(json, described.Type, described.Version, described.Description);
        NegotiationNames.WriteFlags(json, "ceiling", described.Ceiling);
        if (request is not null)
        {
            data?.CodecOf(request.Type)?.EncodeRequest(json, request);
        }

        json.WriteEndObject();
    }

    private static void WriteType(Utf8JsonWriter json, string type, int version, string description)
    {
        json.WriteString("type", type);
        json.WriteNumber("version", version);
        json.WriteString("description", description);
    }

    private static void WriteResult(Utf8JsonWriter json, Negotiation negotiation)
    {
        json.WriteStartObject("result");
        NegotiationNames.WriteErrno(json, "errno", negotiation.Errno);
        json.WriteString("reason", negotiation.Reason);
        json.WriteStartArray("pairs");
        foreach (NegotiationPair pair in negotiation.Pairs)
        {
            WritePair(json, pair);
        }

        json.WriteEndArray();
        if (negotiation.ImporterPreferred is { } preferred)
        {
            json.WriteNumber("importerPreferred", negotiation.Pairs.Index().First(pair => pair.Item == preferred).Index);
        }

        json.WriteStartArray("remedies");
        foreach (NegotiationRemedy remedy in negotiation.Remedies)
        {
            json.WriteStartObject();
            json.WriteString("change", remedy.Change);
            json.WriteNumber("request", remedy.Request);
            json.WriteNumber("offer", remedy.Offer);
            json.WriteString("type", remedy.Type);
            NegotiationNames.WriteFlags(json, "cost", remedy.Cost);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (negotiation.RemediesCutShort)
        {
            json.WriteBoolean("remediesCutShort", true);
        }

        json.WriteEndObject();
    }

    private static void WritePair(Utf8JsonWriter json, NegotiationPair pair)
    {
        json.WriteStartObject();
        json.WriteNumber("offer", pair.Offer);
        json.WriteNumber("request", pair.Request);
        if (pair.ConvertedTo is { } converted)
        {
            json.WriteString("convertedTo", converted);
        }

        json.WriteString("result", pair.Result.ToString());
        NegotiationNames.WriteFlags(json, "cost", pair.Cost);
        if (pair.Decline is { } decline)
        {
            json.WriteStartObject("decline");
            json.WriteString("property", decline.Property);
            json.WriteString("offered", decline.Offered);
            json.WriteString("wanted", decline.Wanted);
            json.WriteEndObject();
        }

        if (pair.Errno != Errno.None)
        {
            NegotiationNames.WriteErrno(json, "errno", pair.Errno);
            json.WriteString("reason", pair.Reason);
        }

        json.WriteEndObject();
    }
}
