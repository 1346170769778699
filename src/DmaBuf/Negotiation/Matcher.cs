using System.Runtime.CompilerServices;

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
    /// <summary>Up to here a plain loop is through before a vectorised search has begun.</summary>
    private const int ShortList = 8;

    /// <summary>The property of a pair that was declined because it costs more than the request permits.</summary>
    internal const string CostProperty = "cost";

    internal static MatchOutcome Match(
        ulong bufferSize, MappingOfferList offers, MappingRequestList requests, ref VerdictLog log, bool importerIsDynamic)
    {
        MatchContext context = new(bufferSize, importerIsDynamic, ref log);
        if (offers.Mask.Overlaps(in requests.Mask))
        {
            MatchOutcome outcome = MatchDirect(in context, offers, requests, ref log);
            if (outcome.Offer >= 0)
            {
                return outcome;
            }
        }

        return offers.HasConversions && offers.ConvertedMask.Overlaps(in requests.Mask)
            ? MatchConverted(in context, offers, requests, ref log)
            : MatchOutcome.NothingInCommon;
    }

    private static MatchOutcome MatchDirect(in MatchContext context, MappingOfferList offers, MappingRequestList requests, ref VerdictLog log)
    {
        int[] offerIds = offers.Ids;
        int[] requestIds = requests.Ids;
        for (int offer = 0; offer < offerIds.Length; offer++)
        {
            int id = offerIds[offer];
            for (int request = FirstOf(requestIds, id); request < requestIds.Length; request++)
            {
                if (requestIds[request] != id)
                {
                    continue;
                }

                MatchVerdict verdict = Try(in context, offers.Items[offer], requests.Items[request]);
                if (verdict.IsAccepted)
                {
                    return new MatchOutcome(Errno.None, (short)offer, -1, (short)request, verdict.Cost);
                }

                if (!log.TryCommitDecline(verdict, new PairPlace(offer, -1, request)))
                {
                    return End(verdict, new PairPlace(offer, -1, request), ref log);
                }
            }
        }

        return MatchOutcome.NothingInCommon;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static MatchOutcome MatchConverted(in MatchContext context, MappingOfferList offers, MappingRequestList requests, ref VerdictLog log)
    {
        for (int offer = 0; offer < offers.Items.Length; offer++)
        {
            MappingOffer[] converted = offers.Items[offer].Converted;
            for (int conversion = 0; conversion < converted.Length; conversion++)
            {
                int id = converted[conversion].Type.Id;
                for (int request = FirstOf(requests.Ids, id); request < requests.Ids.Length; request++)
                {
                    if (requests.Ids[request] != id)
                    {
                        continue;
                    }

                    MatchVerdict verdict = Try(in context, converted[conversion], requests.Items[request]);
                    if (verdict.IsAccepted)
                    {
                        return new MatchOutcome(Errno.None, (short)offer, (short)conversion, (short)request, verdict.Cost);
                    }

                    if (!log.TryCommitDecline(verdict, new PairPlace(offer, conversion, request)))
                    {
                        return End(verdict, new PairPlace(offer, conversion, request), ref log);
                    }
                }
            }
        }

        return MatchOutcome.NothingInCommon;
    }

    /// <summary>Asks the type, then holds an accepted cost against the request's ceiling.</summary>
    internal static MatchVerdict Try(in MatchContext context, MappingOffer offer, MappingRequest request)
    {
        MatchVerdict verdict = request.MatchWith(in context, offer);
        return verdict.IsAccepted && (verdict.Cost & ~request.Ceiling) != 0
            ? context.Decline(CostProperty, verdict.Cost, request.Ceiling)
            : verdict;
    }

    /// <summary>
    /// Where to begin to look for requests of a type; the list's length if there is none. Long lists are searched with vectors for the first one: an offer
    /// whose type nobody asked for is then through at once.
    /// </summary>
    private static int FirstOf(int[] requestIds, int id)
    {
        if (requestIds.Length <= ShortList)
        {
            return 0;
        }

        int first = requestIds.AsSpan().IndexOf(id);
        return first < 0 ? requestIds.Length : first;
    }

    /// <summary>Records what ends the whole negotiation: an abort, or that the type made no verdict for this pair.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static MatchOutcome End(MatchVerdict verdict, PairPlace place, ref VerdictLog log)
        => new(log.CommitLast(verdict, place), place.Offer, place.Converted, place.Request, MappingCost.None);
}
