namespace DmaBuf.Linux;

/// <summary>What one process holds at one moment.</summary>
internal sealed record HolderTotal(BufferHolder? Process, int Buffers, ulong Bytes)
{
    internal static HolderTotal None { get; } = new(null, 0, 0);

    /// <summary>By number and start time, of every process that holds something.</summary>
    internal static Dictionary<ProcessIdentity, HolderTotal> Of(KernelBufferSnapshot snapshot)
    {
        Dictionary<ProcessIdentity, HolderTotal> totals = [];
        foreach (KernelBufferRecord buffer in snapshot.Buffers)
        {
            foreach (BufferHolder holder in buffer.Holders)
            {
                HolderTotal before = totals.GetValueOrDefault(holder.Identity) ?? None;
                totals[holder.Identity] = new(holder, before.Buffers + 1, before.Bytes + (buffer.Size ?? 0));
            }
        }

        return totals;
    }
}
