namespace DmaBuf;

/// <summary>
/// How large a document may be, the same for writing and reading: what was written can be read, and a hostile document costs no more than a moment. Negotiating
/// takes a time that is proportional to the number of pairs.
/// </summary>
internal static class NegotiationJsonLimits
{
    /// <summary>The longest list of offers, of requests, of one offer's conversions and of one offer's routes: that of the lists themselves.</summary>
    internal const int MaximumListLength = MappingOfferList.MaximumCount;

    /// <summary>The most pairs of a document: its offers and all of their conversions, times its requests; a document without requests counts as if it had one.</summary>
    internal const int MaximumPairs = 16384;

    /// <summary>Fails if a document that is written would be larger than what can be read.</summary>
    /// <exception cref="DmaBufException">E2BIG: too many pairs.</exception>
    internal static void RequireWritable(Negotiation negotiation)
    {
        if (Excess(negotiation.Offers.Count + negotiation.Offers.Sum(static offer => (long)offer.ConvertibleTo.Count), negotiation.Requests.Count) is { } excess)
        {
            throw new DmaBufException(Errno.E2BIG, $"Writing a negotiation of '{negotiation.Parties.Buffer}' was refused: {excess}. Negotiate shorter lists.");
        }
    }

    /// <summary>Fails if a document that was read has too many pairs.</summary>
    /// <exception cref="DmaBufException">EINVAL: too many pairs.</exception>
    internal static void RequireReadable(long offersAndConversions, int requests)
    {
        if (Excess(offersAndConversions, requests) is { } excess)
        {
            throw NegotiationFacts.Wrong("exporter.offers", excess);
        }
    }

    private static string? Excess(long offersAndConversions, int requests) => offersAndConversions * Math.Max(1, requests) > MaximumPairs
        ? $"{offersAndConversions} offers and conversions with {requests} requests make more than {MaximumPairs} pairs"
        : null;
}
