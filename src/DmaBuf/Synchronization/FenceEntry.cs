namespace DmaBuf;

/// <summary>A fence on a reservation, and who has to wait for it.</summary>
/// <param name="Fence">The fence.</param>
/// <param name="Usage">Who has to wait.</param>
/// <param name="IsCutOff">The work behind it reaches the memory only through what a revoke takes away.</param>
internal readonly record struct FenceEntry(Fence Fence, FenceUsage Usage, bool IsCutOff = false)
{
    /// <summary>Does a query for <paramref name="usage"/> have to wait for this one?</summary>
    public bool Concerns(FenceUsage usage) => Usage <= usage && !Fence.IsSignaled;
}
