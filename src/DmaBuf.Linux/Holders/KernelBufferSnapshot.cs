namespace DmaBuf.Linux;

/// <summary>
/// Who holds which kernel buffer at one moment: descriptors and mappings of all processes, and what the kernel tells of all buffers, joined by inode.
/// </summary>
/// <remarks>
/// <para>Sources: <c>/proc/PID/fd</c>, <c>fdinfo</c> and <c>maps</c>; <c>/sys/kernel/debug/dma_buf/bufinfo</c>; <c>/sys/kernel/dmabuf/buffers</c>. Where they differ, fdinfo is
/// believed first: the other texts can be garbled by a buffer's name.</para>
/// <para>Processes go on while they are read, so a snapshot is no consistent cut: a buffer that is handed over meanwhile may be seen in both processes or in none. What ends
/// meanwhile is left out and is no error. Descriptors that wait in sockets, and those of threads that have a table of their own, are not seen.</para>
/// <para>An ordinary user sees its own processes; <see cref="UnreadableProcesses"/> and <see cref="UnreadableSources"/> say what is missing. Immutable, thus safe to share between
/// threads.</para>
/// </remarks>
public sealed class KernelBufferSnapshot
{
    internal KernelBufferSnapshot(
        DateTimeOffset takenAt, IReadOnlyList<ProcessIdentity> processes, IReadOnlyList<KernelBufferRecord> buffers, IReadOnlyList<UnreadableProcess> unreadable, IReadOnlyList<UnreadableSource> sources)
    {
        TakenAt = takenAt;
        Processes = processes;
        Buffers = buffers;
        UnreadableProcesses = unreadable;
        UnreadableSources = sources;
    }

    /// <summary>When reading began.</summary>
    public DateTimeOffset TakenAt { get; }

    /// <summary>The processes that lived and have memory of their own, readable or not, in the kernel's order.</summary>
    public IReadOnlyList<ProcessIdentity> Processes { get; }

    /// <summary>Every buffer that was seen, dma-bufs first, by inode.</summary>
    public IReadOnlyList<KernelBufferRecord> Buffers { get; }

    /// <summary>Processes that this user may not look into: what only they hold is missing above, or has no holder.</summary>
    public IReadOnlyList<UnreadableProcess> UnreadableProcesses { get; }

    /// <summary>Sources that are not there or not for this user.</summary>
    public IReadOnlyList<UnreadableSource> UnreadableSources { get; }

    /// <summary>Reads everything now. Takes a fraction of a millisecond for each process.</summary>
    /// <exception cref="DmaBufException">The directory of the processes cannot be read at all.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static KernelBufferSnapshot Take(KernelBufferSnapshotOptions? options = null)
    {
        LinuxOnly.Ensure();
        return new KernelBufferReading(options ?? new()).Read();
    }

    /// <summary>A snapshot of the same moment with those buffers only that fulfil a condition.</summary>
    public KernelBufferSnapshot Where(Func<KernelBufferRecord, bool> condition)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return new(TakenAt, Processes, [.. Buffers.Where(condition)], UnreadableProcesses, UnreadableSources);
    }

    /// <summary>Those that lived, by number; of a number that a stranger's text names twice, the first.</summary>
    internal Dictionary<int, ProcessIdentity> ByNumber() => Processes.DistinctBy(static process => process.ProcessId).ToDictionary(static process => process.ProcessId);
}
