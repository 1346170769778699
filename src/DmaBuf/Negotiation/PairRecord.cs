namespace DmaBuf;

/// <summary>One pair that was tried and did not match: where it stands, and what was said about it.</summary>
internal struct PairRecord
{
    /// <summary>A property's name, a <see cref="MatchDecline"/> whose values are text, or the reason of an abort.</summary>
    internal object? Evidence;

    /// <summary>What was offered, as the bits of a value of type <see cref="Slot"/>; of an abort: the errno.</summary>
    internal long Offered;

    /// <summary>What was wanted.</summary>
    internal long Wanted;

    /// <summary>The reader of the values, see <see cref="VerdictValue"/>.</summary>
    internal int Slot;

    internal MatchVerdictKind Kind;

    internal PairPlace Place;

    internal readonly Errno Errno => Kind == MatchVerdictKind.Declined ? Errno.None : (Errno)Offered;

    /// <summary>What failed, as text; null unless declined. Allocates.</summary>
    internal readonly MatchDecline? ToDecline() => Kind != MatchVerdictKind.Declined
        ? null
        : Evidence as MatchDecline ?? new MatchDecline((string)Evidence!, VerdictValue.Read(Slot, Offered), VerdictValue.Read(Slot, Wanted));
}
