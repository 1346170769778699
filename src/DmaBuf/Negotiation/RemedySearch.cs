namespace DmaBuf;

/// <summary>
/// Looks for single changes to one request that would make a failed negotiation succeed. Every candidate is put through a fresh negotiation with all
/// other requests unchanged; only those that were accepted are shown.
/// </summary>
/// <remarks>
/// An explanation must not cost more than a moment, whoever wrote the lists: a change is tried once a request, however many pairs ask for it, and all fresh
/// negotiations together look at <see cref="PairBudget"/> pairs at most. A search that had to stop says so.
/// </remarks>
internal sealed class RemedySearch
{
    /// <summary>The most candidates that are tried, however short the lists are.</summary>
    internal const int MaximumCandidates = 256;

    /// <summary>The most pairs that all fresh negotiations together may look at; one negotiation is always possible.</summary>
    internal const int PairBudget = 1 << 17;

    private readonly NegotiationParties _parties;
    private readonly MappingOfferList _offers;
    private readonly MappingRequestList _requests;
    private readonly HashSet<(int Request, string Change)> _tried = [];
    private readonly List<NegotiationRemedy> _found = [];
    private readonly int _limit;

    private RemedySearch(NegotiationParties parties, MappingOfferList offers, MappingRequestList requests, int pairs)
    {
        _parties = parties;
        _offers = offers;
        _requests = requests;
        _limit = Math.Clamp(PairBudget / Math.Max(1, pairs), 1, MaximumCandidates);
    }

    /// <summary>Looks behind every declined pair of the table.</summary>
    /// <returns>What helps, and whether something was left untried.</returns>
    internal static (IReadOnlyList<NegotiationRemedy> Remedies, bool IsCutShort) Find(
        NegotiationParties parties, MappingOfferList offers, MappingRequestList requests, in PairTable table)
    {
        RemedySearch search = new(parties, offers, requests, table.Pairs.Count);
        for (int index = 0; index < table.Pairs.Count; index++)
        {
            if (table.Pairs[index].Decline is { } decline && !search.TryAll(table.Places[index], decline))
            {
                return (search._found, true);
            }
        }

        return (search._found, false);
    }

    /// <summary>Tries what may help one pair. False: the limit was reached with a change untried.</summary>
    private bool TryAll(PairPlace place, MatchDecline decline)
    {
        foreach (RelaxedRequest candidate in Candidates(place, decline))
        {
            if (_tried.Contains((place.Request, candidate.Description)))
            {
                continue;
            }

            if (_tried.Count == _limit)
            {
                return false;
            }

            _tried.Add((place.Request, candidate.Description));
            if (Negotiate(place.Request, candidate) is { } outcome)
            {
                _found.Add(new NegotiationRemedy(candidate.Description, place.Request, outcome.Offer, candidate.Request.Type.Name, outcome.Cost));
            }
        }

        return true;
    }

    private IEnumerable<RelaxedRequest> Candidates(PairPlace place, MatchDecline decline)
    {
        MappingRequest request = _requests.Items[place.Request];
        if (decline.Property == Matcher.CostProperty && MissingCost(place, request) is var missing && missing != MappingCost.None)
        {
            yield return new RelaxedRequest($"permit the cost {missing}", request.WithCeiling(request.Ceiling | missing));
        }

        foreach (RelaxedRequest relaxed in request.Type.RelaxPair(request, decline))
        {
            yield return relaxed;
        }
    }

    /// <summary>What the very offer that was declined would cost beyond the ceiling.</summary>
    private MappingCost MissingCost(PairPlace place, MappingRequest request)
    {
        MappingOffer offer = _offers.Items[place.Offer];
        offer = place.Converted < 0 ? offer : offer.Converted[place.Converted];
        VerdictLog log = default;
        MatchContext context = new(_parties.Size, _parties.ImporterIsDynamic, ref log);
        MappingCost cost = Matcher.Try(in context, offer, request.WithCeiling(MappingCostRule.All)).Cost;
        log.Return();
        return cost & ~request.Ceiling;
    }

    private MatchOutcome? Negotiate(int index, RelaxedRequest candidate)
    {
        MappingRequest[] changed = [.. _requests.Items];
        changed[index] = candidate.Request;
        bool importerIsDynamic = _parties.ImporterIsDynamic || candidate.AsDynamicImporter;
        VerdictLog log = default;
        try
        {
            MatchOutcome outcome = Matcher.Match(_parties.Size, _offers, MappingRequestList.Create(changed), ref log, importerIsDynamic);
            return outcome.Errno == Errno.None && outcome.Request == index ? outcome : null;
        }
        finally
        {
            log.Return();
        }
    }
}
