namespace DmaBuf;

/// <summary>
/// Makes a <see cref="Negotiation"/> of a pass that was just run: from its recorded verdicts, never by asking a type again about the same pair. Only
/// an explanation evaluates the pairs behind the chosen one, to show what the importer would have preferred.
/// </summary>
internal static class NegotiationRecorder
{
    internal static Negotiation Refused(NegotiationParties parties, MappingRequestList requests, Errno errno, string reason)
        => new(parties, [], DescribeRequests(requests)) { Errno = errno, Reason = reason };

    internal static Negotiation Record(
        NegotiationParties parties,
        MappingOfferList offers,
        MappingRequestList requests,
        in MatchOutcome outcome,
        ReadOnlySpan<PairRecord> records,
        bool evaluateAll)
    {
        PairTable table = new(parties, offers, requests, in outcome, records, evaluateAll);
        bool failed = outcome.Errno != Errno.None;
        (IReadOnlyList<NegotiationRemedy> remedies, bool isCutShort) = failed ? RemedySearch.Find(parties, offers, requests, in table) : ([], false);
        return new Negotiation(parties, [.. offers.Select(Describe)], DescribeRequests(requests))
        {
            Pairs = table.Pairs,
            Errno = outcome.Errno,
            Reason = failed ? ReasonOf(offers, requests, outcome, table.Pairs) : null,
            ImporterPreferred = evaluateAll ? ImporterFirst(table.Pairs) : null,
            Remedies = remedies,
            RemediesCutShort = isCutShort,
        };
    }

    private static NegotiationPair? ImporterFirst(List<NegotiationPair> pairs)
        => pairs.Where(static pair => pair.Result is NegotiationPairResult.Agreed or NegotiationPairResult.WouldMatch)
            .OrderBy(static pair => pair.ConvertedTo is null ? 0 : 1)
            .ThenBy(static pair => pair.Request)
            .ThenBy(static pair => pair.Offer)
            .FirstOrDefault();

    private static string ReasonOf(MappingOfferList offers, MappingRequestList requests, in MatchOutcome outcome, List<NegotiationPair> pairs)
    {
        if (outcome.Offer >= 0)
        {
            return pairs.First(static pair => pair.Result == NegotiationPairResult.Aborted).Reason!;
        }

        if (offers.Count == 0)
        {
            return "the exporter offers nothing";
        }

        if (requests.Count == 0)
        {
            return "the importer requests nothing";
        }

        return pairs.Any(static pair => pair.Result == NegotiationPairResult.Declined)
            ? "every pair of a common type was declined"
            : "they have no mapping type in common";
    }

    private static NegotiationOffer Describe(MappingOffer offer)
        => new(offer.Type.Name, offer.Type.Version, offer.Type.DescribeOfferPair(offer), [.. offer.Converted.Select(static other => other.Type.Name)]);

    private static NegotiationRequest[] DescribeRequests(MappingRequestList requests)
        => [.. requests.Select(static request =>
            new NegotiationRequest(request.Type.Name, request.Type.Version, request.Type.DescribeRequestPair(request), request.Ceiling))];
}
