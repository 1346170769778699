namespace DmaBuf.Machine;

/// <summary>
/// Shows the address space of an iommufd-like importer (<c>struct iommufd_ioas</c>): what a user mapped where, installed in any number of I/O page tables, which may come
/// and go later than the mappings.
/// </summary>
/// <remarks>
/// Theory: an <i>area</i> is an interval of I/O virtual addresses; <i>pages</i> are what it shows, shared by copies; a <i>domain</i> is a page table. Every area with pages is
/// <i>filled</i> in every domain; a domain that is added is filled with all of them, and if one does not fit, nothing of it remains. An area without pages is being imported:
/// its interval is taken, it is not filled, and nobody can unmap it.
/// Lock order: an address space's lock, then a pages lock, then a domain's. A reservation is never taken under an address space's lock: import and release stand outside of it.
/// Safe for calls from several threads.
/// </remarks>
public sealed partial class IoAddressSpace
{
    private readonly Lock _lock = new();
    private readonly IoAreaTree _areas = new();
    private readonly IovaRules _rules = new();
    private readonly List<IIommuDomain> _domains = [];
    private readonly IoAddressSpaceOptions _options;

    internal IoAddressSpace(int id, IoAddressSpaceOptions options)
    {
        Id = id;
        _options = options;
    }

    /// <summary>The number by which calls name it.</summary>
    public int Id { get; }

    /// <summary>Areas in it; another thread may change it at any time.</summary>
    public int AreaCount
    {
        get
        {
            lock (_lock)
            {
                return _areas.All.Count;
            }
        }
    }

    /// <summary>What addresses and lengths must be multiples of: the largest page of its domains. Without any it is 1, or a page where large pages are off, because pages are then installed one by one.</summary>
    public ulong IovaAlignment
    {
        get
        {
            lock (_lock)
            {
                return AlignmentLocked();
            }
        }
    }

    /// <summary>Adds a page table and fills it with every area (<c>iopt_table_add_domain</c>).</summary>
    /// <param name="domain">An empty domain, which the address space fills alone until it is removed.</param>
    /// <exception cref="DmaBufException">
    /// EEXIST: it is added already; EADDRINUSE: an area does not begin and end at its pages; else the domain's refusal. Nothing is filled then.
    /// </exception>
    public void AddDomain(IIommuDomain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        lock (_lock)
        {
            if (_domains.Contains(domain))
            {
                throw new DmaBufException(Errno.EEXIST, $"Adding domain {domain.Name} to address space {Id} was refused: it is there already.");
            }

            if (_areas.All.FirstOrDefault(area => !area.IsAlignedTo(domain.PageSize)) is { } odd)
            {
                throw new DmaBufException(
                    Errno.EADDRINUSE,
                    $"Adding domain {domain.Name} to address space {Id} was refused: the area at 0x{odd.Start:x} does not lie on its pages of {domain.PageSize} bytes. Unmap it first.");
            }

            FillAll([.. _areas.All.Where(static area => area.Pages is not null).Select(area => (area, domain))]);
            _domains.Add(domain);
        }
    }

    /// <summary>Empties a page table and forgets it; without effect if it was not added. Never throws.</summary>
    /// <param name="domain">The domain.</param>
    public void RemoveDomain(IIommuDomain domain)
    {
        lock (_lock)
        {
            if (_domains.Remove(domain))
            {
                foreach (IoArea area in _areas.All)
                {
                    area.Pages?.Unfill(area, domain);
                }
            }
        }
    }

    /// <summary>Takes addresses out of use that hardware needs (<c>iopt_reserve_iova</c>).</summary>
    /// <param name="range">The addresses; not empty, not wrapping.</param>
    /// <exception cref="DmaBufException">EINVAL: empty or wraps; EADDRINUSE: an area lies there, or some of it was allowed by name.</exception>
    public void Reserve(DmaRange range)
    {
        RequireRange(range);
        lock (_lock)
        {
            if (!_areas.IsFree(range.Start.Value, IovaRules.LastOf(range), out _))
            {
                throw new DmaBufException(Errno.EADDRINUSE, $"Reserving {range} of address space {Id} was refused: an area lies there. Unmap it first.");
            }

            if (_rules.IsAllowedByName(range))
            {
                throw new DmaBufException(Errno.EADDRINUSE, $"Reserving {range} of address space {Id} was refused: some of it is promised to the user. Allow other addresses first.");
            }

            _rules.Reserve(range);
        }
    }

    /// <summary>Limits the automatic choice of addresses (<c>IOMMU_IOAS_ALLOW_IOVAS</c>); fixed addresses are not limited by it.</summary>
    /// <param name="ranges">Instead of what was allowed before; none: everything.</param>
    /// <exception cref="DmaBufException">EINVAL: one is empty or wraps, or two overlap; EADDRINUSE: one contains reserved addresses. Nothing has changed then.</exception>
    public void Allow(params IReadOnlyList<DmaRange> ranges)
    {
        ArgumentNullException.ThrowIfNull(ranges);
        lock (_lock)
        {
            foreach (DmaRange range in ranges)
            {
                RequireRange(range);
                if (ranges.Count(other => IovaRules.Overlap(range, other)) > 1)
                {
                    throw new DmaBufException(Errno.EINVAL, $"Allowing {range} in address space {Id} was refused: another allowed range overlaps it. Name each address once.");
                }

                if (_rules.IsReserved(range.Start.Value, IovaRules.LastOf(range), out _))
                {
                    throw new DmaBufException(Errno.EADDRINUSE, $"Allowing {range} in address space {Id} was refused: some of it is reserved. Allow what lies around it.");
                }
            }

            _rules.Allow(ranges);
        }
    }

    private static void RequireRange(DmaRange range)
    {
        if (range.Length == 0 || range.Length - 1 > ulong.MaxValue - range.Start.Value)
        {
            throw new DmaBufException(Errno.EINVAL, $"I/O virtual addresses {range} were refused: they are empty or wrap.");
        }
    }

    /// <summary>Fills all or none. The lock is held.</summary>
    private void FillAll(IReadOnlyList<(IoArea Area, IIommuDomain Domain)> wanted)
    {
        int done = 0;
        try
        {
            for (; done < wanted.Count; done++)
            {
                wanted[done].Area.Pages!.Fill(wanted[done].Area, wanted[done].Domain, _options);
            }
        }
        finally
        {
            for (; done < wanted.Count && done > 0; done--)
            {
                wanted[done - 1].Area.Pages!.Unfill(wanted[done - 1].Area, wanted[done - 1].Domain);
            }
        }
    }

    private ulong AlignmentLocked() => _domains.Aggregate(_options.HugePages ? 1UL : PageFrameBatch.PageSize, static (most, domain) => Math.Max(most, domain.PageSize));
}
