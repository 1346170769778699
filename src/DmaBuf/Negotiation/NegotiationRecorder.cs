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
        List<NegotiationPair> pairs = [];
        for (int offer = 0; offer < offers.Count; offer++)
        {
            AddPairs(pairs, offers.Items[offer], offer, -1, parties, requests, in outcome, records, evaluateAll);
        }

        for (int offer = 0; offer < offers.Count; offer++)
        {
            MappingOffer[] converted = offers.Items[offer].Converted;
            for (int conversion = 0; conversion < converted.Length; conversion++)
            {
                AddPairs(pairs, converted[conversion], offer, conversion, parties, requests, in outcome, records, evaluateAll);
            }
        }

        bool failed = outcome.Errno != Errno.None;
        return new Negotiation(parties, [.. offers.Select(Describe)], DescribeRequests(requests))
        {
            Pairs = pairs,
            Errno = outcome.Errno,
            Reason = failed ? ReasonOf(offers, requests, outcome, pairs) : null,
            ImporterPreferred = evaluateAll ? ImporterFirst(pairs) : null,
            Remedies = failed ? RemedySearch.Find(parties, offers, requests, pairs) : [],
        };
    }

    private static void AddPairs(
        List<NegotiationPair> pairs,
        MappingOffer offer,
        int offerIndex,
        int conversion,
        NegotiationParties parties,
        MappingRequestList requests,
        in MatchOutcome outcome,
        ReadOnlySpan<PairRecord> records,
        bool evaluateAll)
    {
        string? convertedTo = conversion < 0 ? null : offer.Type.Name;
        for (int request = 0; request < requests.Count; request++)
        {
            bool sameType = offer.Type == requests.Items[request].Type;
            if (!sameType && conversion >= 0)
            {
                continue;
            }

            NegotiationPair pair = new(offerIndex, request, convertedTo, sameType ? NegotiationPairResult.NotTried : NegotiationPairResult.DifferentType);
            if (sameType && outcome.Errno == Errno.None
                && outcome.Offer == offerIndex && outcome.Converted == conversion && outcome.Request == request)
            {
                pair = pair with { Result = NegotiationPairResult.Agreed, Cost = outcome.Cost };
            }
            else if (sameType && TryFind(records, new PairPlace(offerIndex, conversion, request), out PairRecord record))
            {
                pair = WithRecord(pair, in record);
            }
            else if (sameType && evaluateAll && outcome.Errno == Errno.None)
            {
                pair = Evaluate(pair, parties, offer, requests.Items[request]);
            }

            pairs.Add(pair);
        }
    }

    private static bool TryFind(ReadOnlySpan<PairRecord> records, PairPlace place, out PairRecord found)
    {
        foreach (ref readonly PairRecord record in records)
        {
            if (record.Place == place)
            {
                found = record;
                return true;
            }
        }

        found = default;
        return false;
    }

    /// <summary>Asks the type about a pair behind the chosen one, which the pass never came to.</summary>
    private static NegotiationPair Evaluate(NegotiationPair pair, NegotiationParties parties, MappingOffer offer, MappingRequest request)
    {
        VerdictLog log = default;
        MatchVerdict verdict = Matcher.Try(new MatchContext(parties.Size, parties.ImporterIsDynamic, ref log), offer, request);
        NegotiationPair evaluated;
        if (verdict.IsAccepted)
        {
            evaluated = pair with { Result = NegotiationPairResult.WouldMatch, Cost = verdict.Cost };
        }
        else
        {
            PairPlace place = new(pair.Offer, -1, pair.Request);
            if (!log.TryCommitDecline(verdict, place))
            {
                log.CommitLast(verdict, place);
            }

            evaluated = WithRecord(pair, in log.Records[0]);
        }

        log.Return();
        return evaluated;
    }

    private static NegotiationPair WithRecord(NegotiationPair pair, in PairRecord record) => record.Kind switch
    {
        MatchVerdictKind.Declined => pair with { Result = NegotiationPairResult.Declined, Decline = record.ToDecline() },
        MatchVerdictKind.Aborted => pair with { Result = NegotiationPairResult.Aborted, Errno = record.Errno, Reason = (string?)record.Evidence },
        _ => pair with { Result = NegotiationPairResult.Aborted, Errno = Errno.EINVAL, Reason = "the mapping type made no verdict" },
    };

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
