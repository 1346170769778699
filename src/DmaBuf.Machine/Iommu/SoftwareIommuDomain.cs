namespace DmaBuf.Machine;

/// <summary>
/// One I/O page table of a <see cref="SoftwareIommu"/> (<c>iommu_domain</c>): 4096-byte pages, each with read and write permission and the
/// MMIO attribute.
/// </summary>
/// <remarks>
/// Safe for calls from several threads. A device's access holds the domain's lock while one piece of at most 64 KiB moves, so that
/// <see cref="Unmap"/> returns only when no access through the removed translations is under way: what hardware gives by waiting for its
/// invalidation to complete.
/// Lock order: the domain's lock, then the fault log's.
/// </remarks>
public sealed class SoftwareIommuDomain : IIommuDomain
{
    internal const int LargestPiece = 64 * 1024;

    private readonly Lock _lock = new();
    private readonly IoPageTable _table = new();
    private readonly PhysicalMemory _memory;
    private readonly DmaFaultLog _faults;

    internal SoftwareIommuDomain(SoftwareIommu iommu, string name, PhysicalMemory memory, DmaFaultLog faults)
    {
        Iommu = iommu;
        Name = name;
        _memory = memory;
        _faults = faults;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public ulong PageSize => MachinePage.Size;

    /// <summary>The IOMMU that walks this table.</summary>
    public SoftwareIommu Iommu { get; }

    /// <summary>Bytes that have a translation.</summary>
    public ulong MappedBytes
    {
        get
        {
            lock (_lock)
            {
                return _table.MappedBytes;
            }
        }
    }

    /// <summary>
    /// Maps a physical range at an I/O virtual address (<c>iommu_map</c>). As in hardware, whether memory answers there shows at the
    /// access.
    /// </summary>
    /// <param name="address">The first I/O virtual address; a multiple of 4096.</param>
    /// <param name="range">Where it leads; whole pages.</param>
    /// <param name="direction">Which accesses are permitted.</param>
    /// <param name="attributes">RAM or MMIO; an access faults if it contradicts what is there.</param>
    /// <exception cref="DmaBufException">EEXIST: something is mapped there; EINVAL: not aligned, empty, wraps, or no such direction or
    /// attribute.</exception>
    public void Map(DmaAddress address, PhysicalRange range, DmaDirection direction, DmaAttributes attributes)
    {
        DmaPermission.Require(range, direction, attributes);
        if (!MachinePage.AreWhole(address.Value, range.Length))
        {
            throw new DmaBufException(
                Errno.EINVAL,
                $"{range} cannot be mapped at {address} of domain {Name}: the address must be a multiple of {MachinePage.Size} and " +
                "the end below 2^64.");
        }

        IoMapping mapping = new(new Extent(address.Value, address.Value + range.Length), range.Start.Value, direction, attributes);
        lock (_lock)
        {
            if (!_table.TryMap(mapping))
            {
                throw new DmaBufException(
                    Errno.EEXIST,
                    $"{range} cannot be mapped at {address} of domain {Name}: something is mapped there. Unmap it first, or choose " +
                    "free addresses.");
            }
        }
    }

    /// <summary>
    /// Removes all translations in the range (<c>iommu_unmap</c>); pages that are not mapped are skipped, pages that the range only
    /// touches are removed with it. Never throws. After it no access through them is under way.
    /// </summary>
    /// <param name="range">I/O virtual addresses; an end beyond 2^64 is cut there.</param>
    public void Unmap(DmaRange range)
    {
        if (range.Length == 0)
        {
            return;
        }

        ulong last = range.Start.Value + Math.Min(range.Length - 1, ulong.MaxValue - range.Start.Value);
        ulong start = range.Start.Value & ~(MachinePage.Size - 1);
        ulong lastPage = last & ~(MachinePage.Size - 1);
        // The very last page of the address space can never be mapped, because its end would wrap.
        ulong end = lastPage > ulong.MaxValue - MachinePage.Size ? lastPage : lastPage + MachinePage.Size;
        lock (_lock)
        {
            _table.Unmap(new Extent(start, end));
        }
    }

    /// <summary>Moves the first piece of a device's transfer and tells its length.</summary>
    /// <exception cref="DmaBufException">EFAULT: it faulted, which is in the log.</exception>
    internal int Transfer(string device, DmaAddress address, DmaPayload payload)
    {
        lock (_lock)
        {
            if (!_table.TryFind(address.Value, out IoMapping mapping))
            {
                throw _faults.Stop(device, address, payload.Access, DmaFaultReason.NotMapped);
            }

            if (!mapping.Direction.Permits(payload.Access))
            {
                throw _faults.Stop(device, address, payload.Access, DmaFaultReason.Permission);
            }

            int count = (int)Math.Min(mapping.Addresses.End - address.Value, (ulong)Math.Min(payload.Length, LargestPiece));
            PhysicalRange target = new(new PhysicalAddress(mapping.PhysicalOf(address.Value)), (ulong)count);
            if (_memory.KindOf(target) is not PhysicalMemoryKind kind)
            {
                throw _faults.Stop(device, address, payload.Access, DmaFaultReason.NoTarget);
            }

            if (!mapping.Attributes.Suits(kind))
            {
                throw _faults.Stop(device, address, payload.Access, DmaFaultReason.MemoryType);
            }

            payload.Move(_memory, target.Start, count);
            return count;
        }
    }
}
