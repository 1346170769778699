namespace DmaBuf.Machine;

// Theory: a private link between GPUs (XGMI, UALink). Its traffic goes neither through PCI nor through the DMA API, so neither peer-to-peer rules nor an IOMMU apply. What
// protects memory is the link's own table: a GPU reaches another's memory through windows that the owner opens and closes. A link address is never given twice, so one that
// was kept too long faults. One lock guards the table and each access, so that when a window is closed no access through it is under way. The lock is a leaf.
//
// The type around it (GpuLinkMappingType) is a stranger's as far as the framework is concerned: nothing is registered, and nothing in DmaBuf knows of it. The sample
// FabricMapping shows the bare shape of such a type; this one moves bytes.

/// <summary>A private link that joins GPUs (a hive).</summary>
/// <param name="name">By which people tell links apart.</param>
/// <remarks>Safe for all threads.</remarks>
public sealed class GpuLink(string name)
{
    private readonly Lock _lock = new();
    private readonly SortedList<ulong, Window> _windows = [];
    private ulong _next = 0x5000_0000_0000;
    private long _faults;
    private int _ports;

    /// <summary>By which people tell links apart.</summary>
    public string Name => name;

    /// <summary>Windows that are open now.</summary>
    public int OpenWindows
    {
        get
        {
            lock (_lock)
            {
                return _windows.Count;
            }
        }
    }

    /// <summary>Accesses that were stopped since the link was made.</summary>
    public long FaultCount => Volatile.Read(ref _faults);

    /// <summary>Connects one more GPU.</summary>
    public GpuLinkPort Connect() => new(this, Interlocked.Increment(ref _ports));

    internal GpuLinkRange Open(GpuLinkPort importer, PhysicalMemory memory, PhysicalRange range)
    {
        lock (_lock)
        {
            ulong start = _next;
            _next += range.Length + MachinePage.Size;
            _windows.Add(start, new Window(importer, memory, range));
            return new GpuLinkRange(new GpuLinkAddress(start), range.Length);
        }
    }

    internal void Close(GpuLinkRange range)
    {
        lock (_lock)
        {
            _windows.Remove(range.Start.Value);
        }
    }

    internal void Read(GpuLinkPort from, GpuLinkAddress address, Span<byte> destination)
    {
        lock (_lock)
        {
            Window window = Require(from, address, destination.Length, out PhysicalAddress there);
            window.Memory.Read(there, destination);
        }
    }

    internal void Write(GpuLinkPort from, GpuLinkAddress address, ReadOnlySpan<byte> source)
    {
        lock (_lock)
        {
            Window window = Require(from, address, source.Length, out PhysicalAddress there);
            window.Memory.Write(there, source);
        }
    }

    private Window Require(GpuLinkPort from, GpuLinkAddress address, int length, out PhysicalAddress there)
    {
        foreach ((ulong start, Window window) in _windows)
        {
            ulong offset = address.Value - start;
            if (address.Value >= start && offset < window.Range.Length)
            {
                if (ReferenceEquals(window.Importer, from) && (ulong)length <= window.Range.Length - offset)
                {
                    there = new PhysicalAddress(window.Range.Start.Value + offset);
                    return window;
                }

                break;
            }
        }

        Interlocked.Increment(ref _faults);
        throw new DmaBufException(
            Errno.EFAULT, $"{from} reached for {length} bytes at {address}, where no window of its own is open. Map first, and use an address no longer than its mapping.");
    }

    private sealed record Window(GpuLinkPort Importer, PhysicalMemory Memory, PhysicalRange Range);
}
