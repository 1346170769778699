namespace DmaBuf;

/// <summary>
/// The verdict on one pair: accepted at a cost, declined for a property, or aborted with an errno. Made by <see cref="MatchContext"/> alone; a number
/// that means neither success nor an error cannot be expressed.
/// </summary>
/// <remarks>
/// An immutable value, safe for all threads. One word, so that it is returned in a register. What a decline or an abort says beside it stands in the log of the negotiation
/// whose context made it; the ticket in the word names the place there, and a verdict that was kept from another pair is told by it.
/// </remarks>
public readonly struct MatchVerdict
{
    // Bits 24 to 31: the kind; bits 0 to 23: the cost, or the ticket of the record with the evidence.
    private const int PayloadMask = 0xFFFFFF;
    private const int KindShift = 24;

    private readonly int _word;

    private MatchVerdict(MatchVerdictKind kind, int payload) => _word = ((int)kind << KindShift) | (payload & PayloadMask);

    /// <summary>Accepted, declined or aborted; a default value is <see cref="MatchVerdictKind.Missing"/>.</summary>
    public MatchVerdictKind Kind => (MatchVerdictKind)(_word >> KindShift);

    /// <summary>The upper bound of the cost; <see cref="MappingCost.None"/> unless accepted.</summary>
    public MappingCost Cost => IsAccepted ? (MappingCost)(_word & PayloadMask) : MappingCost.None;

    internal bool IsAccepted => _word >> KindShift == (int)MatchVerdictKind.Accepted;

    internal static MatchVerdict Accept(MappingCost cost) => new(MatchVerdictKind.Accepted, (int)cost);

    internal static MatchVerdict Recorded(MatchVerdictKind kind, int ticket) => new(kind, ticket);

    internal bool Is(MatchVerdictKind kind, int ticket) => _word == Recorded(kind, ticket)._word;
}
