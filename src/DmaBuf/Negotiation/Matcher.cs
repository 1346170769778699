namespace DmaBuf;

/// <summary>
/// The matcher (<c>dma_buf_match_mapping</c>): walks the exporter's offers in its order, for each the importer's requests in theirs, and takes the first
/// pair of the same type that its type accepts within the request's cost ceiling. Pure: no lock, no state, nothing kept but the verdicts.
/// </summary>
/// <remarks>
/// A decline goes on, an abort ends everything with its errno, nothing accepted is EINVAL. Conversions are tried in a second pass, after every direct
/// pair of every offer has softly declined (docs/decisions).
/// </remarks>
internal static class Matcher
{
    private const int ShortList = 8;

    internal static MatchOutcome Match(ulong bufferSize, MappingOfferList offers, MappingRequestList requests, ref VerdictLog log)
    {
        if (((offers.Mask | offers.ConvertedMask) & requests.Mask) == 0)
        {
            return MatchOutcome.NothingInCommon;
        }

        MatchOutcome outcome = MatchDirect(bufferSize, offers, requests, ref log);
        if (outcome.Offer < 0 && (offers.ConvertedMask & requests.Mask) != 0)
        {
            outcome = MatchConverted(bufferSize, offers, requests, ref log);
        }

        return outcome;
    }

    private static MatchOutcome MatchDirect(ulong bufferSize, MappingOfferList offers, MappingRequestList requests, ref VerdictLog log)
    {
        MappingOffer[] offerItems = offers.Items;
        int[] offerIds = offers.Ids;
        int[] requestIds = requests.Ids;
        for (int offer = 0; offer < offerIds.Length; offer++)
        {
            int id = offerIds[offer];
            if ((requests.Mask & (1UL << (id & 63))) == 0)
            {
                continue;
            }

            int request = NextOf(requestIds, 0, id);
            while (request >= 0)
            {
                MatchVerdict verdict = Try(bufferSize, offerItems[offer], requests.Items[request]);
                if (verdict.IsAccepted)
                {
                    return new MatchOutcome(Errno.None, (short)offer, -1, (short)request, verdict.Cost);
                }

                log.Add(offer, -1, request, in verdict);
                if (verdict.Kind != MatchVerdictKind.Declined)
                {
                    return Ended(verdict, offer, -1, request);
                }

                request = NextOf(requestIds, request + 1, id);
            }
        }

        return MatchOutcome.NothingInCommon;
    }

    /// <summary>The next request of a type. Short lists, the usual ones, are through before a vectorised search has begun.</summary>
    private static int NextOf(int[] requestIds, int from, int id)
    {
        if (requestIds.Length > ShortList)
        {
            int found = requestIds.AsSpan(from).IndexOf(id);
            return found < 0 ? -1 : from + found;
        }

        for (int request = from; request < requestIds.Length; request++)
        {
            if (requestIds[request] == id)
            {
                return request;
            }
        }

        return -1;
    }

    private static MatchOutcome MatchConverted(ulong bufferSize, MappingOfferList offers, MappingRequestList requests, ref VerdictLog log)
    {
        for (int offer = 0; offer < offers.Items.Length; offer++)
        {
            MappingOffer[] converted = offers.Items[offer].Converted;
            for (int conversion = 0; conversion < converted.Length; conversion++)
            {
                int id = converted[conversion].Type.Id;
                for (int request = 0; request < requests.Ids.Length; request++)
                {
                    if (requests.Ids[request] != id)
                    {
                        continue;
                    }

                    MatchVerdict verdict = Try(bufferSize, converted[conversion], requests.Items[request]);
                    if (verdict.IsAccepted)
                    {
                        return new MatchOutcome(Errno.None, (short)offer, (short)conversion, (short)request, verdict.Cost);
                    }

                    log.Add(offer, conversion, request, in verdict);
                    if (verdict.Kind != MatchVerdictKind.Declined)
                    {
                        return Ended(verdict, offer, conversion, request);
                    }
                }
            }
        }

        return MatchOutcome.NothingInCommon;
    }

    /// <summary>Asks the type, then holds an accepted cost against the request's ceiling.</summary>
    internal static MatchVerdict Try(ulong bufferSize, MappingOffer offer, MappingRequest request)
    {
        MatchContext context = new(bufferSize);
        MatchVerdict verdict = offer.Type.MatchPair(in context, offer, request);
        return verdict.IsAccepted && (verdict.Cost & ~request.Ceiling) != 0
            ? context.Decline(CostProperty, verdict.Cost, request.Ceiling)
            : verdict;
    }

    /// <summary>The property of a pair that was declined because it costs more than the request permits.</summary>
    internal const string CostProperty = "cost";

    private static MatchOutcome Ended(in MatchVerdict verdict, int offer, int converted, int request)
        => new(verdict.Kind == MatchVerdictKind.Aborted ? verdict.Errno : Errno.EINVAL, (short)offer, (short)converted, (short)request, MappingCost.None);
}
