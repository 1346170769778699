namespace DmaBuf.Linux;

/// <summary>One process that holds a buffer, by descriptors, by mappings or by both. Immutable, thus safe to share between threads.</summary>
/// <remarks>Sources: <c>/proc/PID/fd</c>, <c>/proc/PID/maps</c>, <c>/proc/PID/stat</c>, <c>/proc/PID/status</c>.</remarks>
/// <param name="ProcessId">Its number, as this process sees it (PID namespaces).</param>
/// <param name="StartTime">When it started, in clock ticks since the machine did: numbers are used again, the pair of both is not. 0 if it ended while it was looked at.</param>
/// <param name="Command">Its name, at most 15 bytes; the process chose it, so it may hold anything. Empty if it ended while it was looked at.</param>
/// <param name="UserId">The user with whose rights it runs; null if the kernel did not say.</param>
/// <param name="Descriptors">Numbers of its descriptors of the buffer.</param>
/// <param name="Mappings">Where the buffer is mapped in it.</param>
public sealed record BufferHolder(
    int ProcessId, ulong StartTime, string Command, uint? UserId, IReadOnlyList<int> Descriptors, IReadOnlyList<BufferMapping> Mappings)
{
    /// <summary>Bytes of address space that map the buffer; a part that is mapped twice counts twice.</summary>
    public ulong MappedBytes => Mappings.Aggregate(0UL, static (sum, mapping) => sum + mapping.Bytes);

    /// <summary>Which process it is, whatever numbers are used again.</summary>
    public ProcessIdentity Identity => new(ProcessId, StartTime);

    /// <summary>Whether it is the same process as another holder of another moment.</summary>
    public bool IsSameProcess(BufferHolder other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Identity == other.Identity;
    }
}
