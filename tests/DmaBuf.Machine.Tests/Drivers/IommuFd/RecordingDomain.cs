namespace DmaBuf.Machine.Tests;

/// <summary>A page table with pages of any size that remembers each page, and how it was installed.</summary>
internal sealed class RecordingDomain(ulong pageSize = 4096) : IIommuDomain
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<ulong, (ulong Physical, DmaDirection Direction, DmaAttributes Attributes)> _pages = [];

    public string Name => "recording";

    public ulong PageSize => pageSize;

    /// <summary>Each call of map that came, in order.</summary>
    internal List<PhysicalRange> Calls { get; } = [];

    /// <summary>The number of the map call that fails, counted from 1; 0: none.</summary>
    internal int FailingCall { get; set; }

    /// <summary>Runs before each map.</summary>
    internal Action? Mapping { get; set; }

    internal int PageCount
    {
        get
        {
            lock (_lock)
            {
                return _pages.Count;
            }
        }
    }

    internal IReadOnlyList<DmaAttributes> Attributes => [.. _pages.Values.Select(static page => page.Attributes).Distinct()];

    internal IReadOnlyList<DmaDirection> Directions => [.. _pages.Values.Select(static page => page.Direction).Distinct()];

    internal ulong? Translate(ulong iova)
        => _pages.TryGetValue(iova & ~(pageSize - 1), out (ulong Physical, DmaDirection, DmaAttributes) page) ? page.Physical + (iova & (pageSize - 1)) : null;

    public void Map(DmaAddress address, PhysicalRange range, DmaDirection direction, DmaAttributes attributes)
    {
        Mapping?.Invoke();
        lock (_lock)
        {
            Calls.Add(range);
            if (Calls.Count == FailingCall || ((address.Value | range.Start.Value | range.Length) & (pageSize - 1)) != 0)
            {
                throw new DmaBufException(Errno.EINVAL, $"{range} does not fit {address}.");
            }

            for (ulong done = 0; done < range.Length; done += pageSize)
            {
                if (_pages.ContainsKey(address.Value + done))
                {
                    throw new DmaBufException(Errno.EEXIST, $"Something is mapped at {address}.");
                }
            }

            for (ulong done = 0; done < range.Length; done += pageSize)
            {
                _pages.Add(address.Value + done, (range.Start.Value + done, direction, attributes));
            }
        }
    }

    public void Unmap(DmaRange range)
    {
        lock (_lock)
        {
            for (ulong done = 0; done < range.Length; done += pageSize)
            {
                _pages.Remove(range.Start.Value + done);
            }
        }
    }
}
