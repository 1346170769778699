namespace DmaBuf;

/// <summary>
/// Looks for single changes to one request that would make a failed negotiation succeed. Every candidate is put through a fresh negotiation with all
/// other requests unchanged; only those that were accepted are shown.
/// </summary>
internal static class RemedySearch
{
    internal static IReadOnlyList<NegotiationRemedy> Find(NegotiationParties parties, MappingOfferList offers, MappingRequestList requests, List<NegotiationPair> pairs)
    {
        List<NegotiationRemedy> remedies = [];
        foreach (NegotiationPair pair in pairs)
        {
            if (pair.Decline is not { } decline)
            {
                continue;
            }

            foreach (RelaxedRequest candidate in Candidates(offers, requests.Items[pair.Request], pair, decline, parties))
            {
                if (!remedies.Any(known => known.Request == pair.Request && known.Change == candidate.Description)
                    && Accepted(parties, offers, requests, pair.Request, candidate) is { } outcome)
                {
                    string type = candidate.Request.Type.Name;
                    remedies.Add(new NegotiationRemedy(candidate.Description, pair.Request, outcome.Offer, type, outcome.Cost));
                }
            }
        }

        return remedies;
    }

    private static IEnumerable<RelaxedRequest> Candidates(
        MappingOfferList offers, MappingRequest request, NegotiationPair pair, MatchDecline decline, NegotiationParties parties)
    {
        if (decline.Property == Matcher.CostProperty)
        {
            MappingOffer offer = offers.Items[pair.Offer];
            offer = pair.ConvertedTo is null ? offer : offer.Converted.First(other => other.Type == request.Type);
            MappingRequest unlimited = request.WithCeiling(MappingCostRule.All);
            MappingCost missing = CostOf(parties, offer, unlimited) & ~request.Ceiling;
            if (missing != MappingCost.None)
            {
                yield return new RelaxedRequest($"permit the cost {missing}", request.WithCeiling(request.Ceiling | missing));
            }
        }

        foreach (RelaxedRequest relaxed in request.Type.RelaxPair(request, decline))
        {
            yield return relaxed;
        }
    }

    private static MappingCost CostOf(NegotiationParties parties, MappingOffer offer, MappingRequest request)
    {
        VerdictLog log = default;
        MappingCost cost = Matcher.Try(new MatchContext(parties.Size, parties.ImporterIsDynamic, ref log), offer, request).Cost;
        log.Return();
        return cost;
    }

    private static MatchOutcome? Accepted(
        NegotiationParties parties, MappingOfferList offers, MappingRequestList requests, int index, RelaxedRequest candidate)
    {
        MappingRequest[] changed = [.. requests.Items];
        changed[index] = candidate.Request;
        bool importerIsDynamic = parties.ImporterIsDynamic || candidate.AsDynamicImporter;
        VerdictLog log = default;
        try
        {
            MatchOutcome outcome = Matcher.Match(parties.Size, offers, MappingRequestList.Create(changed), ref log, importerIsDynamic);
            return outcome.Errno == Errno.None && outcome.Request == index ? outcome : null;
        }
        finally
        {
            log.Return();
        }
    }
}
