namespace DmaBuf.Machine;

/// <summary>What a removal did.</summary>
/// <param name="Kind">How the function left; of the first removal, if this one came later.</param>
/// <param name="WasFirst">Whether this call removed it. False: it was removed before, and this call changed nothing.</param>
/// <param name="Failures">What subscribers threw, in the order in which they were told. None keeps the others from being told.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record PciRemoval(PciRemovalKind Kind, bool WasFirst, IReadOnlyList<Exception> Failures);
