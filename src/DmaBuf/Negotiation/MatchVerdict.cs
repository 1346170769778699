namespace DmaBuf;

/// <summary>
/// The verdict on one pair: accepted at a cost, declined for a property, or aborted with an errno. Made by <see cref="MatchContext"/> alone; a number
/// that means neither success nor an error cannot be expressed.
/// </summary>
/// <remarks>An immutable value, safe for all threads.</remarks>
public readonly struct MatchVerdict
{
    // A property name, a MatchDecline whose values are text, or the reason of an abort.
    private readonly object? _evidence;
    private readonly long _offered;
    private readonly long _wanted;
    private readonly int _slot;
    private readonly int _code;

    private MatchVerdict(MatchVerdictKind kind, int code, object? evidence, int slot, long offered, long wanted)
    {
        _code = ((int)kind << 24) | code;
        _evidence = evidence;
        _slot = slot;
        _offered = offered;
        _wanted = wanted;
    }

    /// <summary>Accepted, declined or aborted; a default value is <see cref="MatchVerdictKind.Missing"/>.</summary>
    public MatchVerdictKind Kind => (MatchVerdictKind)(_code >> 24);

    /// <summary>The upper bound of the cost; <see cref="MappingCost.None"/> unless accepted.</summary>
    public MappingCost Cost => Kind == MatchVerdictKind.Accepted ? (MappingCost)(_code & 0xFFFFFF) : MappingCost.None;

    /// <summary>The errno of an abort; <see cref="Errno.None"/> otherwise.</summary>
    public Errno Errno => Kind == MatchVerdictKind.Aborted ? (Errno)(_code & 0xFFFFFF) : Errno.None;

    /// <summary>The reason of an abort; null otherwise.</summary>
    public string? Reason => Kind == MatchVerdictKind.Aborted ? (string?)_evidence : null;

    internal bool IsAccepted => _code >> 24 == (int)MatchVerdictKind.Accepted;

    /// <summary>What failed, as text; null unless declined. Allocates.</summary>
    public MatchDecline? ToDecline() => Kind != MatchVerdictKind.Declined
        ? null
        : _evidence as MatchDecline
            ?? new MatchDecline((string)_evidence!, VerdictValue.Read(_slot, _offered), VerdictValue.Read(_slot, _wanted));

    internal static MatchVerdict Accept(MappingCost cost) => new(MatchVerdictKind.Accepted, (int)cost & 0xFFFFFF, null, 0, 0, 0);

    internal static MatchVerdict Decline(string property, int slot, long offered, long wanted)
        => new(MatchVerdictKind.Declined, 0, property, slot, offered, wanted);

    internal static MatchVerdict Decline(MatchDecline decline) => new(MatchVerdictKind.Declined, 0, decline, 0, 0, 0);

    internal static MatchVerdict Abort(Errno errno, string reason) => new(MatchVerdictKind.Aborted, (int)errno & 0xFFFFFF, reason, 0, 0, 0);
}
