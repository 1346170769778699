using System.Diagnostics.CodeAnalysis;

namespace DmaBuf;

/// <summary>
/// The check that a cost is made of named flags alone. Agreements keep costs in few bits, and a bit that was lost on the way would pass every ceiling, so a cost
/// is checked wherever one comes in: in offers, ceilings, verdicts and tables.
/// </summary>
internal static class MappingCostRule
{
    /// <summary>Every flag that has a name.</summary>
    internal const MappingCost All = MappingCost.CacheMaintenance | MappingCost.IommuMap | MappingCost.Migrate | MappingCost.Bounce
        | MappingCost.Copy | MappingCost.Network | MappingCost.Unknown;

    internal static bool IsKnown(MappingCost cost) => (cost & ~All) == 0;

    /// <summary>Throws EINVAL if a flag of <paramref name="cost"/> has no name.</summary>
    /// <param name="cost">What somebody stated.</param>
    /// <param name="where">Who stated it, as the beginning of a sentence.</param>
    internal static void Require(MappingCost cost, string where)
    {
        if (!IsKnown(cost))
        {
            ThrowUnknown(cost, where);
        }
    }

    [DoesNotReturn]
    private static void ThrowUnknown(MappingCost cost, string where) => throw new DmaBufException(
        Errno.EINVAL, $"{where} with the cost 0x{(int)cost:x} was refused: 0x{(int)(cost & ~All):x} of it has no name. Use the named flags of {nameof(MappingCost)}.");
}
