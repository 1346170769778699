namespace DmaBuf;

/// <summary>
/// The fences of a reservation as an array that is replaced and never changed (the kernel's RCU list): writers hold the reservation lock,
/// readers need none.
/// </summary>
internal static class FenceList
{
    /// <summary>
    /// The list with one more fence. Left out are the signaled ones, and those that the new one makes superfluous: earlier ones of its context
    /// that ask no more parties to wait than it does. An earlier one with a stronger usage stays, or its waiters would forget it; so does one whose work
    /// a revoke does not stop, unless the same is true of the new one.
    /// </summary>
    public static FenceEntry[] Add(ReadOnlySpan<FenceEntry> entries, FenceEntry added)
    {
        var next = new List<FenceEntry>(entries.Length + 1);
        foreach (FenceEntry entry in entries)
        {
            if (!entry.Fence.IsSignaled && !IsReplacedBy(entry, added))
                next.Add(entry);
        }

        if (!added.Fence.IsSignaled)
            next.Add(added);
        return [.. next];
    }

    public static bool AnyPending(ReadOnlySpan<FenceEntry> entries, FenceUsage usage)
    {
        foreach (FenceEntry entry in entries)
        {
            if (entry.Concerns(usage))
                return true;
        }

        return false;
    }

    public static FenceSnapshot Snapshot(ReadOnlySpan<FenceEntry> entries, FenceUsage usage)
    {
        int pending = 0;
        foreach (FenceEntry entry in entries)
        {
            if (entry.Concerns(usage))
                pending++;
        }

        if (pending == 0)
            return FenceSnapshot.Empty;

        // A fence may signal between the two passes; then there is only less to wait for.
        var kept = new List<FenceEntry>(pending);
        foreach (FenceEntry entry in entries)
        {
            if (entry.Concerns(usage))
                kept.Add(entry);
        }

        return kept.Count == 0 ? FenceSnapshot.Empty : new FenceSnapshot([.. kept]);
    }

    private static bool IsReplacedBy(FenceEntry old, FenceEntry added) =>
        ReferenceEquals(old.Fence.Context, added.Fence.Context)
        && added.Usage <= old.Usage
        && (old.IsCutOff || !added.IsCutOff)
        && added.Fence.SequenceNumber >= old.Fence.SequenceNumber;
}
