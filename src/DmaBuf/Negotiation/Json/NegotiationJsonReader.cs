using System.Text.Json;

namespace DmaBuf;

/// <summary>Reads a recorded negotiation: descriptions and result; the facts of the types are passed over.</summary>
internal static class NegotiationJsonReader
{
    internal static Negotiation Read(JsonElement root)
    {
        NegotiationFacts top = new(root, string.Empty);
        NegotiationParties parties = ReadParties(top, out NegotiationFacts exporter, out NegotiationFacts importer);
        List<NegotiationOffer> offers = [];
        foreach (NegotiationFacts offer in exporter.GetObjects("offers", NegotiationJsonLimits.MaximumListLength))
        {
            string[] converted = [.. offer.GetObjects("converted", NegotiationJsonLimits.MaximumListLength).Select(static other => other.GetText("type"))];
            offers.Add(new NegotiationOffer(offer.GetText("type"), ReadVersion(offer), offer.TryGetText("description") ?? string.Empty, converted));
        }

        List<NegotiationRequest> requests = [];
        foreach (NegotiationFacts request in importer.GetObjects("requests", NegotiationJsonLimits.MaximumListLength))
        {
            requests.Add(new NegotiationRequest(
                request.GetText("type"),
                ReadVersion(request),
                request.TryGetText("description") ?? string.Empty,
                request.GetCost("ceiling", MappingCost.Default)));
        }

        NegotiationJsonLimits.RequireReadable(offers.Count + offers.Sum(static offer => (long)offer.ConvertibleTo.Count), requests.Count);
        exporter.TryGetObject("refusal");
        exporter.RequireAllRead();
        importer.RequireAllRead();
        NegotiationFacts result = top.TryGetObject("result")
            ?? throw NegotiationFacts.Wrong("result", "it is missing, so nothing was negotiated yet; replay the description to negotiate it");
        top.RequireAllRead();
        return ReadResult(result, parties, offers, requests);
    }

    /// <summary>The members that every document has.</summary>
    internal static NegotiationParties ReadParties(NegotiationFacts top, out NegotiationFacts exporter, out NegotiationFacts importer)
    {
        if (top.TryGetText("format") is { } format && format != NegotiationJson.Format)
        {
            throw NegotiationFacts.Wrong("format", $"this version reads '{NegotiationJson.Format}' alone");
        }

        NegotiationFacts buffer = top.GetObject("buffer");
        exporter = top.GetObject("exporter");
        importer = top.GetObject("importer");
        NegotiationParties parties = new(buffer.GetText("name"), buffer.GetNumber("size"), exporter.GetText("name"), importer.GetText("name"))
        {
            // Documents of before it was written do not say; what a request of theirs accepts is then taken at its word.
            ImporterIsDynamic = importer.GetTruth("dynamic", true),
        };
        buffer.RequireAllRead();
        return parties;
    }

    internal static int ReadVersion(NegotiationFacts facts) => facts.GetNumber("version", 1) is var version and >= 1 and <= int.MaxValue
        ? (int)version
        : throw NegotiationFacts.Wrong(facts.At("version"), "a version from 1 is needed");

    private static Negotiation ReadResult(
        NegotiationFacts result, NegotiationParties parties, List<NegotiationOffer> offers, List<NegotiationRequest> requests)
    {
        NegotiationPair[] pairs = [.. result.GetObjects("pairs", NegotiationJsonLimits.MaximumPairs).Select(pair => ReadPair(pair, offers.Count, requests.Count))];
        NegotiationRemedy[] remedies = [.. result.GetObjects("remedies", RemedySearch.MaximumCandidates).Select(remedy => ReadRemedy(remedy, offers.Count, requests.Count))];
        Negotiation negotiation = new(parties, offers, requests)
        {
            Pairs = pairs,
            Remedies = remedies,
            RemediesCutShort = result.GetTruth("remediesCutShort", false),
            Errno = NegotiationNames.ReadErrno(result, "errno"),
            Reason = result.TryGetText("reason"),
            ImporterPreferred = result.Has("importerPreferred") ? pairs[result.GetIndex("importerPreferred", pairs.Length)] : null,
        };
        result.RequireAllRead();
        return negotiation;
    }

    private static NegotiationPair ReadPair(NegotiationFacts facts, int offers, int requests)
    {
        NegotiationPair pair = new(
            facts.GetIndex("offer", offers),
            facts.GetIndex("request", requests),
            facts.TryGetText("convertedTo"),
            facts.GetChoice("result", NegotiationPairResult.NotTried),
            facts.GetCost("cost", MappingCost.None),
            ReadDecline(facts.TryGetObject("decline")),
            NegotiationNames.ReadErrno(facts, "errno"),
            facts.TryGetText("reason"));
        facts.RequireAllRead();
        return pair;
    }

    private static MatchDecline? ReadDecline(NegotiationFacts? facts)
    {
        if (facts is null)
        {
            return null;
        }

        MatchDecline decline = new(facts.GetText("property"), facts.GetText("offered"), facts.GetText("wanted"));
        facts.RequireAllRead();
        return decline;
    }

    private static NegotiationRemedy ReadRemedy(NegotiationFacts facts, int offers, int requests)
    {
        NegotiationRemedy remedy = new(
            facts.GetText("change"),
            facts.GetIndex("request", requests),
            facts.GetIndex("offer", offers),
            facts.GetText("type"),
            facts.GetCost("cost", MappingCost.None));
        facts.RequireAllRead();
        return remedy;
    }
}
