using DmaBuf.Machine;

namespace DmaBuf.Bench;

/// <summary>
/// A physical address list into a domain and out again, through the iommufd-like importer: attach, a fresh list, its check by the core, the walk with a translation for each
/// range, then unmap and detach. The domain has its lock and its translation cache; the twin has neither.
/// </summary>
internal sealed class ListCase : IBenchmarkCase
{
    private const ulong Page = 4096;

    /// <summary>No longer list is worth warming up: a shorter one runs the same code.</summary>
    private const int LongestWarmUp = 4096;

    private static readonly int[] s_sizes = [1, 16, 256, 4096, 65536, 1 << 20];

    private readonly IommuFd _context = new(PhysicalAddressAccess.Grant("bench"));
    private readonly IoAddressSpace _space;
    private readonly SoftwareIommuDomain _domain;
    private readonly DmaBuffer _buffer;
    private readonly int _ranges;

    private ListCase(int ranges)
    {
        _ranges = ranges;
        _space = _context.CreateAddressSpace();
        _domain = SoftwareMachine.CreateSample().GetIommu(SampleMachine.Iommu).CreateDomain("bench");
        _space.AddDomain(_domain);
        _buffer = ListedMemory.Export(ranges);
    }

    public string Name => $"list of {_ranges} ranges into a domain and out";

    public string Unit => "ns/range";

    public int UnitsPerIteration => _ranges;

    public double? Target => null;

    public long? AllowedBytes => null;

    public bool NeedsWarmUp => _ranges <= LongestWarmUp;

    public string TwinCase => $"list-into-domain:{_ranges}";

    public GrowthPoint Growth => new("A physical address list into an I/O page table and out", "ranges", _ranges);

    /// <summary>The rows in the report's order.</summary>
    public static IEnumerable<ListCase> CreateAll() => s_sizes.Select(static size => new ListCase(size));

    public void Run(int iterations)
    {
        ulong length = (ulong)_ranges * Page;
        for (int i = 0; i < iterations; i++)
        {
            DmaAddress start = _context.MapFile(IoMapOptions.Readable | IoMapOptions.Writeable, _space.Id, _buffer, 0, length);
            if (_domain.MappedBytes != length)
                throw BenchmarkException.WentWrong($"'{Name}' left {_domain.MappedBytes} bytes mapped.");
            _context.Unmap(_space.Id, start, length);
        }
    }
}
