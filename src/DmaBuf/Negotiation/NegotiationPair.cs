namespace DmaBuf;

/// <summary>One pair of offer and request, and its verdict.</summary>
/// <param name="Offer">The index of the offer in the exporter's order.</param>
/// <param name="Request">The index of the request in the importer's order.</param>
/// <param name="ConvertedTo">The type that a converter made of the offer; null for a direct pair.</param>
/// <param name="Result">What became of the pair.</param>
/// <param name="Cost">The upper bound of the cost, if the pair matches.</param>
/// <param name="Decline">The property that failed and both sides' values, if it was declined.</param>
/// <param name="Errno">The errno, if it was aborted.</param>
/// <param name="Reason">The reason, if it was aborted.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record NegotiationPair(
    int Offer,
    int Request,
    string? ConvertedTo,
    NegotiationPairResult Result,
    MappingCost Cost = MappingCost.None,
    MatchDecline? Decline = null,
    Errno Errno = Errno.None,
    string? Reason = null);
