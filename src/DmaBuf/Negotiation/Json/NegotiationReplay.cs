using System.Text.Json;

namespace DmaBuf;

/// <summary>
/// Negotiates afresh what a JSON document describes (docs/negotiation-json.md), without a buffer and without attaching: offers and requests are made of their
/// facts by the codecs, and the same matcher decides. A recorded <c>result</c> is not looked at, so that comparing the two shows what changed.
/// </summary>
/// <remarks>A type without a codec is shown, and its pairs are declined with the property <c>replay</c>. Stateless, safe for all threads.</remarks>
public static class NegotiationReplay
{
    /// <summary>The codecs of the core's own types. A physical address list has none: it never leaves its process (docs/decisions).</summary>
    public static IReadOnlyList<MappingTypeCodec> StandardCodecs { get; } =
        [new CpuCodec(), new DescriptorCodec(), new ScatterGatherCodec(), new IommuDomainCodec()];

    /// <summary>Negotiates the document.</summary>
    /// <param name="json">The document, as people or <see cref="NegotiationJson.Record"/> wrote it.</param>
    /// <param name="codecs">The codecs; the first one of a name and version is taken.</param>
    /// <returns>The whole table, as of <see cref="DmaBuffer.Explain(DmaBufferImporter, MappingRequestList)"/>.</returns>
    /// <exception cref="DmaBufException">EINVAL: names the place in the text and what is wrong there.</exception>
    public static Negotiation Run(string json, IReadOnlyList<MappingTypeCodec> codecs)
    {
        ArgumentNullException.ThrowIfNull(codecs);
        using JsonDocument document = NegotiationJson.Parse(json);
        NegotiationFacts top = new(document.RootElement, string.Empty);
        NegotiationParties parties = NegotiationJsonReader.ReadParties(top, out NegotiationFacts exporter, out NegotiationFacts importer);
        top.TryGetObject("result");
        top.RequireAllRead();
        ReplayedTypes types = new(codecs);
        MappingOfferList offers = [.. exporter.GetObjects("offers", NegotiationJsonLimits.MaximumListLength).Select(types.DecodeOffer)];
        MappingRequestList requests = [.. importer.GetObjects("requests", NegotiationJsonLimits.MaximumListLength).Select(types.DecodeRequest)];
        NegotiationJsonLimits.RequireReadable(offers.Count + offers.Sum(static offer => (long)offer.Converted.Length), requests.Count);
        NegotiationFacts? refusal = exporter.TryGetObject("refusal");
        exporter.RequireAllRead();
        importer.RequireAllRead();
        return refusal is null ? Negotiate(parties, offers, requests) : Refuse(parties, requests, refusal);
    }

    private static Negotiation Negotiate(NegotiationParties parties, MappingOfferList offers, MappingRequestList requests)
    {
        VerdictLog log = default;
        MatchOutcome outcome = Matcher.Match(parties.Size, offers, requests, ref log, parties.ImporterIsDynamic);
        Negotiation negotiation = NegotiationRecorder.Record(parties, offers, requests, in outcome, log.Records, evaluateAll: true);
        log.Return();
        return negotiation;
    }

    private static Negotiation Refuse(NegotiationParties parties, MappingRequestList requests, NegotiationFacts refusal)
    {
        Errno errno = NegotiationNames.ReadErrno(refusal, "errno");
        string reason = refusal.GetText("reason");
        refusal.RequireAllRead();
        return errno != Errno.None
            ? NegotiationRecorder.Refused(parties, requests, errno, reason)
            : throw NegotiationFacts.Wrong(refusal.At("errno"), "a refusal needs an errno");
    }
}
