using System.Numerics;

namespace DmaBuf.Machine;

/// <summary>
/// One I/O page table of a <see cref="SoftwareIommu"/> (<c>iommu_domain</c>) and the cache of its translations: four levels over 48-bit
/// addresses with pages of the IOMMU's smallest size, 2 MiB and 1 GiB, each with read and write permission and the MMIO attribute.
/// </summary>
/// <remarks>
/// Theory: a device's access first asks the translation cache (the IOTLB) and walks the table only when that knows nothing. What the cache
/// holds stays valid until it is invalidated, even when the table has changed. <see cref="Unmap"/> removes and invalidates;
/// <see cref="UnmapWithoutInvalidation"/> only removes, for a driver that invalidates once for many ranges, and a driver that then forgets
/// <see cref="Invalidate"/> lets devices reach memory that is somebody else's, as on hardware.
/// Safe for calls from several threads. A device's access holds the domain's lock while one piece of at most 64 KiB moves, so that
/// <see cref="Unmap"/> returns only when no access through the removed translations is under way: what hardware gives by waiting for its
/// invalidation to complete.
/// Lock order: the domain's lock, then the fault log's.
/// </remarks>
public sealed class SoftwareIommuDomain : IIommuDomain
{
    internal const int LargestPiece = 64 * 1024;

    private readonly Lock _lock = new();
    private readonly IoPageTable _table;
    private readonly IoTranslationCache _cache;
    private readonly PhysicalMemory _memory;
    private readonly DmaFaultLog _faults;
    private long _walks;
    private long _hits;
    private long _invalidations;

    internal SoftwareIommuDomain(SoftwareIommu iommu, string name, bool usesHugePages, PhysicalMemory memory, DmaFaultLog faults)
    {
        Iommu = iommu;
        Name = name;
        UsesHugePages = usesHugePages;
        _table = new IoPageTable(iommu.SmallestPage, usesHugePages);
        _cache = new IoTranslationCache(BitOperations.Log2(iommu.SmallestPage));
        _memory = memory;
        _faults = faults;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public ulong PageSize => Iommu.SmallestPage;

    /// <summary>The IOMMU that walks this table.</summary>
    public SoftwareIommu Iommu { get; }

    /// <summary>Whether 2 MiB and 1 GiB pages are used where they fit (the iommufd option <c>HUGE_PAGES</c>).</summary>
    public bool UsesHugePages { get; }

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

    /// <summary>What translation has done so far: one consistent picture.</summary>
    public IommuDomainStatistics Statistics
    {
        get
        {
            lock (_lock)
            {
                return new(_walks, _hits, _invalidations, _cache.Count, _table.Tables, _table.Splits, _table.Merges);
            }
        }
    }

    /// <summary>
    /// Maps a physical range at an I/O virtual address (<c>iommu_map</c>), with the largest pages to which both addresses and the length allow.
    /// As in hardware, whether memory answers there shows at the access.
    /// </summary>
    /// <param name="address">The first I/O virtual address; a multiple of <see cref="PageSize"/>.</param>
    /// <param name="range">Where it leads; whole pages.</param>
    /// <param name="direction">Which accesses are permitted.</param>
    /// <param name="attributes">RAM or MMIO; an access faults if it contradicts what is there.</param>
    /// <exception cref="DmaBufException">EEXIST: something is mapped there; EINVAL: not aligned, empty, beyond 2^48, wraps, or no such
    /// direction or attribute. Nothing has changed.</exception>
    public void Map(DmaAddress address, PhysicalRange range, DmaDirection direction, DmaAttributes attributes)
    {
        DmaPermission.Require(range, direction, attributes, PageSize);
        ulong start = address.Value;
        if ((start & (PageSize - 1)) != 0 || range.Length > IoPageTable.AddressEnd || start > IoPageTable.AddressEnd - range.Length)
        {
            throw new DmaBufException(
                Errno.EINVAL,
                $"{range} cannot be mapped at {address} of domain {Name}: the address must be a multiple of {PageSize} and the end at " +
                "most 2^48, which four levels translate.");
        }

        lock (_lock)
        {
            if (!_table.TryMap(new Extent(start, start + range.Length), range.Start.Value, IoPageWord.FlagsOf(direction, attributes)))
            {
                throw new DmaBufException(
                    Errno.EEXIST,
                    $"{range} cannot be mapped at {address} of domain {Name}: something is mapped there. Unmap it first, or choose " +
                    "free addresses.");
            }
        }
    }

    /// <summary>
    /// Removes all translations in the range and invalidates what is cached of them (<c>iommu_unmap</c>); pages that are not mapped are
    /// skipped, pages that the range only touches are removed with it, larger pages are split. Never throws. After it no access through them
    /// is under way.
    /// </summary>
    /// <param name="range">I/O virtual addresses; an end beyond 2^48 is cut there.</param>
    public void Unmap(DmaRange range)
    {
        if (TryCover(range, out Extent pages))
        {
            lock (_lock)
            {
                _table.Unmap(pages);
                InvalidateLocked(pages);
            }
        }
    }

    /// <summary>
    /// Removes translations as <see cref="Unmap"/> does, but leaves what is cached of them (<c>iommu_unmap_fast</c>): devices may still get
    /// through until <see cref="Invalidate"/> or <see cref="InvalidateAll"/>. Neither the memory nor the addresses may be reused before. Never
    /// throws.
    /// </summary>
    /// <param name="range">I/O virtual addresses; an end beyond 2^48 is cut there.</param>
    public void UnmapWithoutInvalidation(DmaRange range)
    {
        if (TryCover(range, out Extent pages))
        {
            lock (_lock)
            {
                _table.Unmap(pages);
            }
        }
    }

    /// <summary>
    /// Forgets what is cached of a range (<c>iommu_iotlb_sync</c>). When it returns, no access through a translation that was removed
    /// before is under way. Never throws.
    /// </summary>
    /// <param name="range">I/O virtual addresses; pages that it only touches are forgotten as well.</param>
    public void Invalidate(DmaRange range)
    {
        if (TryCover(range, out Extent pages))
        {
            lock (_lock)
            {
                InvalidateLocked(pages);
            }
        }
    }

    /// <summary>Forgets everything that is cached (<c>iommu_flush_iotlb_all</c>). Never throws.</summary>
    public void InvalidateAll()
    {
        lock (_lock)
        {
            _cache.Clear();
            _invalidations++;
        }
    }

    /// <summary>
    /// What the table says of an address (<c>iommu_iova_to_phys</c>), whatever is cached. Neither counts as an access nor fills the cache.
    /// </summary>
    /// <param name="address">An I/O virtual address; any alignment.</param>
    /// <param name="translation">Where it leads.</param>
    /// <returns>False: nothing is mapped there.</returns>
    public bool TryTranslate(DmaAddress address, out IoTranslation translation)
    {
        IoPage page;
        bool found;
        lock (_lock)
        {
            found = _table.TryFind(address.Value, out page);
        }

        translation = found
            ? new IoTranslation(
                new PhysicalAddress(page.PhysicalOf(address.Value)),
                new DmaAddress(page.Start),
                page.Size,
                IoPageWord.DirectionOf(page.Word),
                IoPageWord.AttributesOf(page.Word))
            : default;
        return found;
    }

    /// <summary>Moves the first piece of a device's transfer and tells its length.</summary>
    /// <exception cref="DmaBufException">EFAULT: its first byte faulted, which is in the log.</exception>
    internal int Transfer(string device, DmaAddress address, DmaPayload payload)
    {
        int wanted = Math.Min(payload.Length, LargestPiece);
        lock (_lock)
        {
            int moved = 0;
            do
            {
                ulong at = address.Value + (ulong)moved;
                DmaFaultReason? stopped = FindTarget(at, wanted - moved, payload.Access, out PhysicalRange target);
                if (stopped is DmaFaultReason reason)
                {
                    // A fault further on belongs to the next piece, which begins with it.
                    return moved != 0 ? moved : throw _faults.Stop(device, address, payload.Access, reason);
                }

                payload.After(moved).Move(_memory, target.Start, (int)target.Length);
                moved += (int)target.Length;
            }
            while (moved < wanted);
            return moved;
        }
    }

    private DmaFaultReason? FindTarget(ulong address, int wanted, DmaAccess access, out PhysicalRange target)
    {
        target = default;
        if (!TryFindPage(address, out IoPage page))
        {
            return DmaFaultReason.NotMapped;
        }

        if (!IoPageWord.Permits(page.Word, access))
        {
            return DmaFaultReason.Permission;
        }

        ulong left = page.Size - (address - page.Start);
        target = new PhysicalRange(new PhysicalAddress(page.PhysicalOf(address)), Math.Min(left, (ulong)wanted));
        if (_memory.KindOf(target) is not PhysicalMemoryKind kind)
        {
            return DmaFaultReason.NoTarget;
        }

        return IoPageWord.AttributesOf(page.Word).Suits(kind) ? null : DmaFaultReason.MemoryType;
    }

    private bool TryFindPage(ulong address, out IoPage page)
    {
        if (_cache.TryFind(address, out page))
        {
            _hits++;
            return true;
        }

        _walks++;
        if (!_table.TryFind(address, out page))
        {
            return false;
        }

        _cache.Add(page);
        return true;
    }

    private void InvalidateLocked(Extent pages)
    {
        _cache.Invalidate(pages);
        _invalidations++;
    }

    /// <summary>The whole pages that a range touches.</summary>
    private bool TryCover(DmaRange range, out Extent pages)
    {
        ulong start = range.Start.Value & ~(PageSize - 1);
        ulong reach = IoPageTable.AddressEnd - Math.Min(range.Start.Value, IoPageTable.AddressEnd);
        ulong end = range.Start.Value + Math.Min(range.Length, reach);
        pages = new Extent(start, (end + PageSize - 1) & ~(PageSize - 1));
        return range.Length != 0 && reach != 0;
    }
}
