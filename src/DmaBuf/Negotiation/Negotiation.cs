namespace DmaBuf;

/// <summary>
/// What exporter and importer said to each other and what came of it (<c>struct dma_buf_match_args</c>, with everything the kernel throws away): both
/// lists, the verdict on each pair, the agreement or the errno, and the single changes that would help.
/// </summary>
/// <remarks>
/// A value made of descriptions: it holds no offer, no operation and no address, so it may be kept, logged and sent. Immutable, safe for all threads.
/// <see cref="ToString"/> gives the two-sided table for people.
/// </remarks>
public sealed class Negotiation
{
    internal Negotiation(NegotiationParties parties, IReadOnlyList<NegotiationOffer> offers, IReadOnlyList<NegotiationRequest> requests)
    {
        Parties = parties;
        Offers = offers;
        Requests = requests;
    }

    /// <summary>Who negotiated about what.</summary>
    public NegotiationParties Parties { get; }

    /// <summary>The exporter's offers in its order; empty if it refused to offer anything.</summary>
    public IReadOnlyList<NegotiationOffer> Offers { get; }

    /// <summary>The importer's requests in its order.</summary>
    public IReadOnlyList<NegotiationRequest> Requests { get; }

    /// <summary>Every pair in the order in which they are tried: offers outside, requests inside; conversions after all direct pairs.</summary>
    public IReadOnlyList<NegotiationPair> Pairs { get; internal init; } = [];

    /// <summary>None if the two agreed; EINVAL if nothing was in common; else the errno of the party that stopped it.</summary>
    public Errno Errno { get; internal init; }

    /// <summary>Why it failed, in a clause; null if the two agreed.</summary>
    public string? Reason { get; internal init; }

    /// <summary>The pair that was agreed on; null if there is none.</summary>
    public NegotiationPair? Agreed => Pairs.FirstOrDefault(static pair => pair.Result == NegotiationPairResult.Agreed);

    /// <summary>
    /// The pair that the importer's order would have chosen; null if unknown (the negotiation was not made for an explanation) or if nothing matches.
    /// Equal to <see cref="Agreed"/> where both sides prefer the same.
    /// </summary>
    public NegotiationPair? ImporterPreferred { get; internal init; }

    /// <summary>Single changes that were tried in a fresh negotiation and accepted; empty if it succeeded or none helps.</summary>
    public IReadOnlyList<NegotiationRemedy> Remedies { get; internal init; } = [];

    /// <summary>True if there were more changes than could be tried in a moment: <see cref="Remedies"/> may then lack some that would help.</summary>
    public bool RemediesCutShort { get; internal init; }

    /// <summary>True if the two agreed.</summary>
    public bool Succeeded => Errno == Errno.None;

    /// <summary>The two-sided table: parties, lists, each pair with its verdict, the outcome and what would help. Several lines, no trailing newline.</summary>
    public override string ToString() => NegotiationText.Write(this);
}
