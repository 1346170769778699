namespace DmaBuf;

/// <summary>What a pass of the matcher came to, as indexes.</summary>
/// <param name="Errno">None: a pair was accepted.</param>
/// <param name="Offer">The index of the chosen or aborting offer, -1 if there is none.</param>
/// <param name="Converted">The index among the offer's conversions, -1 for a direct pair.</param>
/// <param name="Request">The index of the request.</param>
/// <param name="Cost">The upper bound of the cost.</param>
internal readonly record struct MatchOutcome(Errno Errno, short Offer, short Converted, short Request, MappingCost Cost)
{
    internal static MatchOutcome NothingInCommon => new(Errno.EINVAL, -1, -1, -1, MappingCost.None);
}
