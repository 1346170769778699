namespace DmaBuf;

/// <summary>What became of one pair of offer and request.</summary>
public enum NegotiationPairResult
{
    /// <summary>The two are of different types; nobody was asked.</summary>
    DifferentType,

    /// <summary>The pair was chosen.</summary>
    Agreed,

    /// <summary>The pair would match, but an earlier one was chosen. Appears in explanations only.</summary>
    WouldMatch,

    /// <summary>The type declined the pair, for the property shown.</summary>
    Declined,

    /// <summary>The type stopped the negotiation, with the errno shown.</summary>
    Aborted,

    /// <summary>The negotiation had ended before.</summary>
    NotTried,
}
