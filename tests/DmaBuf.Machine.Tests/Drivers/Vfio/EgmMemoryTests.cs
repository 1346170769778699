namespace DmaBuf.Machine.Tests;

/// <summary>The exporter that offers addresses of RAM and nothing else: an importer of page tables gets them as RAM, anybody else is refused.</summary>
public sealed class EgmMemoryTests : IDisposable
{
    private readonly VfioBench _bench = new();

    public void Dispose()
    {
        _bench.Dispose();
        Assert.Equal(0UL, _bench.Machine.Ram.AllocatedBytes);
    }

    [Fact]
    public void A_page_table_is_filled_with_it_as_with_RAM()
    {
        using DmaBuffer buffer = EgmMemory.Export(_bench.Machine, 4 * VfioBench.Page, _bench.Options);
        DmaAddress iova = _bench.Map(buffer);
        Assert.True(_bench.Domains[0].TryTranslate(iova, out IoTranslation translation));
        Assert.Equal(DmaAttributes.None, translation.Attributes);
        _bench.Engine.Write(iova, [42]);
        byte[] seen = new byte[1];
        _bench.Machine.Memory.Read(translation.Physical, seen);
        Assert.Equal(42, seen[0]);
    }

    [Fact]
    public void A_static_importer_is_welcome_because_the_memory_is_never_taken_away()
    {
        using DmaBuffer buffer = EgmMemory.Export(_bench.Machine, VfioBench.Page, _bench.Options);
        using PhysicalAddressListAttachment attachment = buffer.Attach(
            new DmaBufferImporter("static"), PhysicalAddressListMappingType.Request(_bench.Access, PhysicalMemoryKind.Ram));
        using PhysicalAddressListMapping mapping = attachment.MapPhysicalAddressList();
        using PhysicalAddressListLease lease = mapping.ReadList();
        Assert.Equal((1, PhysicalMemoryKind.Ram, Cacheability.Cached), (lease.Entries.Length, lease.Kind, lease.Cacheability));
    }

    [Fact]
    public void An_importer_of_tables_is_EINVAL_and_so_is_one_that_takes_device_memory_alone()
    {
        using DmaBuffer buffer = EgmMemory.Export(_bench.Machine, VfioBench.Page, _bench.Options);
        DmaBufferImporter importer = new("static");
        Negotiation tables = buffer.Explain(importer, ScatterGatherMappingType.Request(_bench.Engine));
        Assert.Equal((Errno.EINVAL, 1), (tables.Errno, tables.Offers.Count));
        Assert.Empty(tables.Offers[0].ConvertibleTo);
        Negotiation kind = buffer.Explain(importer, PhysicalAddressListMappingType.Request(_bench.Access, PhysicalMemoryKind.Mmio));
        Assert.Equal((Errno.EINVAL, "memory kind"), (kind.Errno, Assert.Single(kind.Pairs).Decline!.Property));
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(4095UL)]
    public void A_size_that_is_not_whole_pages_is_EINVAL(ulong size) => Expect.Fails(Errno.EINVAL, () => EgmMemory.Export(_bench.Machine, size, _bench.Options));

    [Fact]
    public void A_refused_export_gives_the_RAM_back_and_an_absurd_size_takes_none()
    {
        DmaBufferExportOptions tooLong = _bench.Options with { Name = new string('x', DmaBuffer.MaximumNameLength + 1) };
        Expect.Fails(Errno.EINVAL, () => EgmMemory.Export(_bench.Machine, VfioBench.Page, tooLong));
        Expect.Fails(Errno.ENOMEM, () => EgmMemory.Export(_bench.Machine, 1UL << 50, _bench.Options));
        Assert.Equal(0UL, _bench.Machine.Ram.AllocatedBytes);
    }
}
