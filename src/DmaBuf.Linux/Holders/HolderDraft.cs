namespace DmaBuf.Linux;

/// <summary>A process in which a buffer was seen, and what is known of it so far.</summary>
internal sealed class HolderDraft(int processId)
{
    internal int ProcessId => processId;

    internal ulong StartTime { get; set; }

    internal string Command { get; set; } = "";

    internal uint? UserId { get; set; }

    internal BufferHolder ToHolder(List<int> descriptors, List<BufferMapping> mappings)
    {
        descriptors.Sort();
        return new(processId, StartTime, Command, UserId, descriptors, mappings);
    }
}
