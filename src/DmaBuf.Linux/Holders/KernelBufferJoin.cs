namespace DmaBuf.Linux;

/// <summary>Collects what the sources say, buffer by buffer, until records are made of it.</summary>
internal sealed class KernelBufferJoin
{
    private readonly Dictionary<BufferKey, KernelBufferDraft> _buffers = [];
    private readonly Dictionary<int, HolderDraft> _processes = [];

    internal KernelBufferDraft BufferOf(BufferKey key)
    {
        if (!_buffers.TryGetValue(key, out KernelBufferDraft? draft))
        {
            _buffers.Add(key, draft = new());
        }

        return draft;
    }

    internal HolderDraft Process(int id)
    {
        if (!_processes.TryGetValue(id, out HolderDraft? process))
        {
            _processes.Add(id, process = new(id));
        }

        return process;
    }

    /// <summary>Null for a process in which no buffer was seen.</summary>
    internal HolderDraft? HolderOf(int process) => _processes.GetValueOrDefault(process);

    internal List<KernelBufferRecord> ToRecords() =>
        [.. _buffers.OrderByDescending(static pair => pair.Key.Kind).ThenBy(static pair => pair.Key.Identity.Inode).Select(static pair => pair.Value.ToRecord(pair.Key))];
}
