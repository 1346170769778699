namespace DmaBuf;

/// <summary>
/// Every pair of a pass that was just run, in the order in which they are tried. The pass wrote its records in that same order, so one walk through both finds the
/// record of each pair, however many there are.
/// </summary>
internal ref struct PairTable
{
    private readonly NegotiationParties _parties;
    private readonly MappingRequestList _requests;
    private readonly MatchOutcome _outcome;
    private readonly bool _evaluateAll;
    private ReadOnlySpan<PairRecord> _recordsLeft;

    internal PairTable(
        NegotiationParties parties, MappingOfferList offers, MappingRequestList requests, in MatchOutcome outcome, ReadOnlySpan<PairRecord> records, bool evaluateAll)
    {
        _parties = parties;
        _requests = requests;
        _outcome = outcome;
        _recordsLeft = records;
        _evaluateAll = evaluateAll && outcome.Errno == Errno.None;
        for (int offer = 0; offer < offers.Count; offer++)
        {
            AddDirect(offers.Items[offer], offer);
        }

        for (int offer = 0; offer < offers.Count; offer++)
        {
            AddConverted(offers.Items[offer].Converted, offer);
        }
    }

    /// <summary>The descriptions of the pairs.</summary>
    internal List<NegotiationPair> Pairs { get; } = [];

    /// <summary>Where each of them stands; unlike the description it tells two conversions to one type apart.</summary>
    internal List<PairPlace> Places { get; } = [];

    private void AddDirect(MappingOffer offer, int offerIndex)
    {
        for (int request = 0; request < _requests.Count; request++)
        {
            PairPlace place = new(offerIndex, -1, request);
            NegotiationPair pair = new(offerIndex, request, null, NegotiationPairResult.DifferentType);
            Add(place, offer.Type == _requests.Items[request].Type ? Judged(pair, place, offer) : pair);
        }
    }

    /// <summary>Of conversions only the pairs of one type are shown: each makes its own offer for those who asked for that type.</summary>
    private void AddConverted(MappingOffer[] converted, int offerIndex)
    {
        for (int conversion = 0; conversion < converted.Length; conversion++)
        {
            MappingOffer offer = converted[conversion];
            for (int request = 0; request < _requests.Count; request++)
            {
                if (offer.Type == _requests.Items[request].Type)
                {
                    PairPlace place = new(offerIndex, conversion, request);
                    Add(place, Judged(new NegotiationPair(offerIndex, request, offer.Type.Name, NegotiationPairResult.NotTried), place, offer));
                }
            }
        }
    }

    private readonly void Add(PairPlace place, NegotiationPair pair)
    {
        Pairs.Add(pair);
        Places.Add(place);
    }

    private NegotiationPair Judged(NegotiationPair pair, PairPlace place, MappingOffer offer)
    {
        if (_outcome.Errno == Errno.None && place == new PairPlace(_outcome.Offer, _outcome.Converted, _outcome.Request))
        {
            return pair with { Result = NegotiationPairResult.Agreed, Cost = _outcome.Cost };
        }

        if (_recordsLeft.Length > 0 && _recordsLeft[0].Place == place)
        {
            NegotiationPair recorded = WithRecord(pair, in _recordsLeft[0]);
            _recordsLeft = _recordsLeft[1..];
            return recorded;
        }

        return _evaluateAll ? Evaluated(pair, place, offer) : pair with { Result = NegotiationPairResult.NotTried };
    }

    /// <summary>Asks the type about a pair behind the chosen one, which the pass never came to.</summary>
    private readonly NegotiationPair Evaluated(NegotiationPair pair, PairPlace place, MappingOffer offer)
    {
        VerdictLog log = default;
        MatchContext context = new(_parties.Size, _parties.ImporterIsDynamic, ref log);
        MatchVerdict verdict = Matcher.Try(in context, offer, _requests.Items[place.Request]);
        if (!verdict.IsAccepted && !log.TryCommitDecline(verdict, place))
        {
            log.CommitLast(verdict, place);
        }

        NegotiationPair evaluated = verdict.IsAccepted
            ? pair with { Result = NegotiationPairResult.WouldMatch, Cost = verdict.Cost }
            : WithRecord(pair, in log.Records[0]);
        log.Return();
        return evaluated;
    }

    private static NegotiationPair WithRecord(NegotiationPair pair, in PairRecord record) => record.Kind switch
    {
        MatchVerdictKind.Declined => pair with { Result = NegotiationPairResult.Declined, Decline = record.ToDecline() },
        MatchVerdictKind.Aborted => pair with { Result = NegotiationPairResult.Aborted, Errno = record.Errno, Reason = (string?)record.Evidence },
        _ => pair with { Result = NegotiationPairResult.Aborted, Errno = Errno.EINVAL, Reason = "the mapping type made no verdict" },
    };
}
