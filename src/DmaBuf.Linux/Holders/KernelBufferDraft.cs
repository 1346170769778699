namespace DmaBuf.Linux;

/// <summary>What is known of one buffer so far; the first source that says something is believed.</summary>
internal sealed class KernelBufferDraft
{
    private readonly Dictionary<int, (HolderDraft Process, List<int> Descriptors, List<BufferMapping> Mappings)> _holders = [];

    internal ulong? Size { get; set; }

    internal string? Exporter { get; set; }

    internal ulong? References { get; set; }

    internal string? Name { get; set; }

    /// <summary>From a text in which a name may be garbled, thus the last to be believed.</summary>
    internal string? MappedName { get; set; }

    internal IReadOnlyList<string>? Devices { get; set; }

    internal IReadOnlyList<string>? Fences { get; set; }

    internal (List<int> Descriptors, List<BufferMapping> Mappings) HolderOf(HolderDraft process)
    {
        if (!_holders.TryGetValue(process.ProcessId, out var holder))
        {
            _holders.Add(process.ProcessId, holder = (process, [], []));
        }

        return (holder.Descriptors, holder.Mappings);
    }

    internal KernelBufferRecord ToRecord(BufferKey key) => new(
        key.Kind, key.Identity.Inode, Size, Exporter, Name ?? MappedName, References,
        [.. _holders.OrderBy(static pair => pair.Key).Select(static pair => pair.Value.Process.ToHolder(pair.Value.Descriptors, pair.Value.Mappings))],
        Devices, Fences);
}
