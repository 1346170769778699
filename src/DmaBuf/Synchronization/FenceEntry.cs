namespace DmaBuf;

/// <summary>A fence on a reservation, and who has to wait for it.</summary>
internal readonly record struct FenceEntry(Fence Fence, FenceUsage Usage)
{
    /// <summary>Does a query for <paramref name="usage"/> have to wait for this one?</summary>
    public bool Concerns(FenceUsage usage) => Usage <= usage && !Fence.IsSignaled;
}
