using DmaBuf.Tests.Conformance;
using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Defects;

/// <summary>The product: an exporter of physical lists whose tables come from the core's converter.</summary>
internal sealed class OurLentMemory : ILentMemory, IDisposable
{
    private readonly PhysicalAddressAccess _access = PhysicalAddressAccess.Grant("importer of lists");
    private readonly PhysicalExporter _exporter;
    private readonly DmaBuffer _buffer;
    private readonly PhysicalAddressListAttachment _lists;
    private readonly ScatterGatherAttachment _tables;
    private PhysicalAddressListMapping? _mapping;

    internal OurLentMemory(DmaBufferRegistry registry, ulong size, PhysicalRange[] ranges, PhysicalAddressListLimits? limits = null)
    {
        _exporter = new PhysicalExporter(ranges, new PhysicalAddressListOfferOptions
        {
            Kind = PhysicalMemoryKind.Ram,
            Converters = PhysicalAddressConverters.ScatterGather,
            Limits = limits ?? PhysicalAddressListLimits.Default,
        });
        _buffer = DmaBuffer.Export(_exporter, size, new DmaBufferExportOptions { Registry = registry });
        _lists = _buffer.Attach(new FakeDynamicImporter("importer of lists"), PhysicalAddressListMappingType.Request(_access));
        _tables = _buffer.AttachScatterGatherDynamic(new DirectDevice(), new FakeDynamicImporter("importer of tables"));
    }

    public int LiveLists => _exporter.LiveLists;

    public Errno Attach() => Result(() => _buffer.Attach(new DmaBufferImporter("latecomer"), PhysicalAddressListMappingType.Request(_access)).Dispose());

    public Errno MapList(out PhysicalRange[] ranges)
    {
        PhysicalRange[] seen = [];
        Errno said = Result(() =>
        {
            _mapping = _lists.MapPhysicalAddressList();
            using PhysicalAddressListLease lease = _mapping.ReadList();
            seen = lease.Entries.ToArray();
        });
        ranges = seen;
        return said;
    }

    public void UnmapList() => _mapping!.Dispose();

    public Errno MapTable() => Result(() => _tables.MapScatterGather(DmaDirection.ToDevice).Dispose());

    public void Move(bool revoked)
    {
        if (revoked)
        {
            Refusal.Ended(_buffer.RevokeAsync(TimeSpan.Zero));
        }
        else
        {
            _buffer.UnrevokeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    public void Dispose()
    {
        _lists.Dispose();
        _tables.Dispose();
        _buffer.Dispose();
        _access.Dispose();
    }

    private static Errno Result(Action call)
    {
        try
        {
            call();
            return Errno.None;
        }
        catch (DmaBufException refused)
        {
            return refused.Errno;
        }
    }
}
