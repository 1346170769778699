namespace DmaBuf.Linux;

/// <summary>What looks like a leak between snapshots: buffers whose holders died, and processes that hold more and more. Pure: reads nothing but the snapshots.</summary>
/// <param name="Orphans">Buffers that outlived everybody who held them.</param>
/// <param name="Growing">Processes that grew, the one that grew by the most bytes first.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record KernelBufferLeaks(IReadOnlyList<OrphanedBuffer> Orphans, IReadOnlyList<GrowingHolder> Growing)
{
    /// <summary>Whether anything was found.</summary>
    public bool Any => Orphans.Count > 0 || Growing.Count > 0;

    /// <summary>Compares snapshots of one machine, taken by one user.</summary>
    /// <param name="snapshots">Two or more, oldest first. The more there are, the less does a process that only breathes look like one that grows.</param>
    /// <param name="minimumBytes">By how many bytes a process must have grown at least to be named.</param>
    /// <exception cref="ArgumentException">There are fewer than two.</exception>
    public static KernelBufferLeaks Find(IReadOnlyList<KernelBufferSnapshot> snapshots, ulong minimumBytes = 0)
    {
        LinuxOnly.Ensure();
        ArgumentNullException.ThrowIfNull(snapshots);
        if (snapshots.Count < 2)
        {
            throw new ArgumentException("A leak shows between two snapshots: take at least two.", nameof(snapshots));
        }

        return new(FindOrphans(snapshots), FindGrowing(snapshots, minimumBytes));
    }

    private static List<OrphanedBuffer> FindOrphans(IReadOnlyList<KernelBufferSnapshot> snapshots)
    {
        KernelBufferSnapshot last = snapshots[^1];
        Dictionary<int, ProcessIdentity> living = last.ByNumber();
        List<OrphanedBuffer> orphans = [];
        foreach (KernelBufferRecord buffer in last.Buffers.Where(static buffer => buffer.Holders.Count == 0))
        {
            List<BufferHolder> dead = [.. snapshots.SkipLast(1)
                .SelectMany(snapshot => snapshot.Buffers.Where(earlier => IsSame(earlier, buffer)).SelectMany(static earlier => earlier.Holders))
                .Where(holder => !(living.TryGetValue(holder.ProcessId, out ProcessIdentity now) && now.MayBe(holder.Identity)))
                .DistinctBy(static holder => holder.Identity)];
            if (dead.Count > 0)
            {
                orphans.Add(new(buffer, dead));
            }
        }

        return orphans;
    }

    /// <summary>Inode numbers are used again, so what else is known of both must agree.</summary>
    private static bool IsSame(KernelBufferRecord earlier, KernelBufferRecord buffer) => earlier.Kind == buffer.Kind && earlier.Inode == buffer.Inode
        && (earlier.Size is null || buffer.Size is null || earlier.Size == buffer.Size)
        && (earlier.Exporter is null || buffer.Exporter is null || earlier.Exporter == buffer.Exporter);

    private static List<GrowingHolder> FindGrowing(IReadOnlyList<KernelBufferSnapshot> snapshots, ulong minimumBytes)
    {
        List<Dictionary<ProcessIdentity, HolderTotal>> totals = [.. snapshots.Select(HolderTotal.Of)];
        List<Dictionary<int, ProcessIdentity>> living = [.. snapshots.Select(static snapshot => snapshot.ByNumber())];
        List<GrowingHolder> growing = [];
        foreach ((ProcessIdentity key, HolderTotal last) in totals[^1])
        {
            // Before it held its first buffer a process held none, if it lived then.
            HolderTotal[] course = [.. Enumerable.Range(0, snapshots.Count)
                .Where(moment => totals[moment].ContainsKey(key) || living[moment].TryGetValue(key.ProcessId, out ProcessIdentity then) && then.MayBe(key))
                .Select(moment => totals[moment].GetValueOrDefault(key) ?? HolderTotal.None)];
            if (course.Length > 1 && Grew(course) && last.Bytes - Math.Min(course[0].Bytes, last.Bytes) >= minimumBytes)
            {
                growing.Add(new(last.Process!, course[0].Buffers, last.Buffers, course[0].Bytes, last.Bytes));
            }
        }

        return [.. growing.OrderByDescending(static holder => holder.BytesAfter - Math.Min(holder.BytesBefore, holder.BytesAfter)).ThenBy(static holder => holder.Process.ProcessId)];
    }

    private static bool Grew(HolderTotal[] course) => Rises(course, static total => (ulong)total.Buffers) || Rises(course, static total => total.Bytes);

    private static bool Rises(HolderTotal[] course, Func<HolderTotal, ulong> value) =>
        value(course[^1]) > value(course[0]) && Enumerable.Range(1, course.Length - 1).All(moment => value(course[moment]) >= value(course[moment - 1]));
}
