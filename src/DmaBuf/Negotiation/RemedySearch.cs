namespace DmaBuf;

/// <summary>
/// Looks for single changes to one request that would make a failed negotiation succeed. Every candidate is put through a fresh negotiation with all
/// other requests unchanged; only those that were accepted are shown.
/// </summary>
internal static class RemedySearch
{
    internal static IReadOnlyList<NegotiationRemedy> Find(ulong bufferSize, MappingOfferList offers, MappingRequestList requests, List<NegotiationPair> pairs)
    {
        List<NegotiationRemedy> remedies = [];
        foreach (NegotiationPair pair in pairs)
        {
            if (pair.Decline is not { } decline)
            {
                continue;
            }

            foreach (RelaxedRequest candidate in Candidates(offers, requests.Items[pair.Request], pair, decline, bufferSize))
            {
                if (!remedies.Any(known => known.Request == pair.Request && known.Change == candidate.Description)
                    && Accepted(bufferSize, offers, requests, pair.Request, candidate.Request) is { } outcome)
                {
                    string type = candidate.Request.Type.Name;
                    remedies.Add(new NegotiationRemedy(candidate.Description, pair.Request, outcome.Offer, type, outcome.Cost));
                }
            }
        }

        return remedies;
    }

    private static IEnumerable<RelaxedRequest> Candidates(
        MappingOfferList offers, MappingRequest request, NegotiationPair pair, MatchDecline decline, ulong bufferSize)
    {
        if (decline.Property == Matcher.CostProperty)
        {
            MappingOffer offer = offers.Items[pair.Offer];
            offer = pair.ConvertedTo is null ? offer : offer.Converted.First(other => other.Type == request.Type);
            MappingRequest unlimited = request.WithCeiling(MappingCostRule.All);
            MappingCost missing = CostOf(bufferSize, offer, unlimited) & ~request.Ceiling;
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

    private static MappingCost CostOf(ulong bufferSize, MappingOffer offer, MappingRequest request)
    {
        VerdictLog log = default;
        MappingCost cost = Matcher.Try(new MatchContext(bufferSize, ref log), offer, request).Cost;
        log.Return();
        return cost;
    }

    private static MatchOutcome? Accepted(
        ulong bufferSize, MappingOfferList offers, MappingRequestList requests, int index, MappingRequest candidate)
    {
        MappingRequest[] changed = [.. requests.Items];
        changed[index] = candidate;
        VerdictLog log = default;
        try
        {
            MatchOutcome outcome = Matcher.Match(bufferSize, offers, MappingRequestList.Create(changed), ref log);
            return outcome.Errno == Errno.None && outcome.Request == index ? outcome : null;
        }
        finally
        {
            log.Return();
        }
    }
}
