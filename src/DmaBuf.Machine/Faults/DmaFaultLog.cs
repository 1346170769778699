namespace DmaBuf.Machine;

/// <summary>
/// The machine's record of everything that a device or its driver did outside of what was mapped. The newest <see cref="Capacity"/>
/// entries are kept, as a ring in hardware does; <see cref="TotalCount"/> counts all.
/// </summary>
/// <remarks>Safe for calls from several threads. Its lock is the innermost of the machine: nothing is called under it.</remarks>
public sealed class DmaFaultLog
{
    /// <summary>How many entries are kept.</summary>
    public const int Capacity = 1024;

    private readonly Lock _lock = new();
    private readonly Queue<DmaFault> _entries = new();
    private long _total;

    internal DmaFaultLog()
    {
    }

    /// <summary>Faults since the machine was built.</summary>
    public long TotalCount
    {
        get
        {
            lock (_lock)
            {
                return _total;
            }
        }
    }

    /// <summary>A copy of the kept entries, oldest first.</summary>
    public DmaFault[] Snapshot()
    {
        lock (_lock)
        {
            return [.. _entries];
        }
    }

    internal void Record(string device, DmaAddress address, DmaAccess? access, DmaFaultReason reason)
    {
        lock (_lock)
        {
            if (_entries.Count == Capacity)
            {
                _entries.Dequeue();
            }

            _entries.Enqueue(new DmaFault(++_total, device, address, access, reason));
        }
    }

    /// <summary>Records a stopped access and makes the exception that tells of it.</summary>
    internal DmaBufException Stop(string device, DmaAddress address, DmaAccess access, DmaFaultReason reason)
    {
        Record(device, address, access, reason);
        string verb = access == DmaAccess.Read ? "read" : "write";
        string why = reason switch
        {
            DmaFaultReason.NotMapped => "nothing is mapped for it there. Map the memory first, keep the mapping until the transfer is " +
            "over, and use the address that mapping gave",
            DmaFaultReason.Permission => "the mapping's direction does not permit it. Map with the direction of the transfer",
            DmaFaultReason.MemoryType => "the mapping's MMIO attribute contradicts what lies there. Map BARs with the attribute and RAM " +
            "without",
            DmaFaultReason.OutOfReach => "the transfer runs past the last address that the device can form. Map with the device itself, " +
            "which observes its limit",
            DmaFaultReason.Removed => "the device, or the one whose BAR is there, was removed. Stop transfers when the removal is told",
            DmaFaultReason.Injected => "a fault was injected. Expect it, or take the injection away",
            _ => "the translation leads to no memory. Map physical addresses of RAM or of a BAR",
        };
        return new DmaBufException(Errno.EFAULT, $"Device {device} tried to {verb} at DMA address {address}: {why}.");
    }
}
