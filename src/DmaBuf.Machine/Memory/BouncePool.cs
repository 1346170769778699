namespace DmaBuf.Machine;

/// <summary>
/// Low RAM through which bytes pass for devices that cannot reach where they lie (<c>swiotlb</c>). Set aside when the machine is built, and shared by all devices
/// without an IOMMU.
/// </summary>
/// <remarks>
/// A mapping takes one run of whole pages; unlike in the kernel, whose slots end at 256 KiB, as long a run as is free. Safe for calls from several threads. Its
/// lock is a leaf.
/// </remarks>
public sealed class BouncePool
{
    private readonly Lock _lock = new();
    private readonly FreeSpace _free;
    private ulong _used;
    private ulong _highestUsed;

    internal BouncePool(PhysicalRange range)
    {
        Range = range;
        _free = new FreeSpace([new Extent(range.Start.Value, range.Start.Value + range.Length)]);
    }

    /// <summary>Where it lies.</summary>
    public PhysicalRange Range { get; }

    /// <summary>Bytes that mappings hold now (<c>io_tlb_used</c>, in bytes).</summary>
    public ulong UsedBytes
    {
        get
        {
            lock (_lock)
            {
                return _used;
            }
        }
    }

    /// <summary>The most bytes that were held at once (<c>io_tlb_used_hiwater</c>, in bytes).</summary>
    public ulong HighestUsedBytes
    {
        get
        {
            lock (_lock)
            {
                return _highestUsed;
            }
        }
    }

    /// <summary>Takes the lowest run that ends at or below an address; null: there is none.</summary>
    internal PhysicalRange? TryTake(ulong length, ulong last)
    {
        lock (_lock)
        {
            if (!_free.TryTake(length, MachinePage.Size, last, out ulong start))
            {
                return null;
            }

            _used += length;
            _highestUsed = Math.Max(_highestUsed, _used);
            return new PhysicalRange(new PhysicalAddress(start), length);
        }
    }

    /// <summary>Takes a run back, as it was given.</summary>
    internal void Give(PhysicalRange run)
    {
        lock (_lock)
        {
            _free.Give([new Extent(run.Start.Value, run.Start.Value + run.Length)]);
            _used -= run.Length;
        }
    }
}
