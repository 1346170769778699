namespace DmaBuf;

/// <summary>What a verdict says.</summary>
public enum MatchVerdictKind
{
    /// <summary>No verdict was made: a mapping type returned a default value, which ends the negotiation as a programming error (EINVAL).</summary>
    Missing = 0,

    /// <summary>The pair matches (the kernel's 0).</summary>
    Accepted = 1,

    /// <summary>Not this pair, go on (the kernel's <c>-EOPNOTSUPP</c>).</summary>
    Declined = 2,

    /// <summary>Stop the whole negotiation (any other negative value).</summary>
    Aborted = 3,
}
