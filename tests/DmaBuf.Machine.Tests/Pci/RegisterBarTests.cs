namespace DmaBuf.Machine.Tests;

public sealed class RegisterBarTests
{
    private readonly RegisterDevice _device = new();
    private readonly PeerPair _pair;

    public RegisterBarTests() => _pair = new PeerPair(Registers());

    [Fact]
    public void A_CPU_access_reaches_the_device_in_naturally_aligned_pieces()
    {
        _pair.Machine.Memory.Write(At(5), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
        Assert.Equal(
            [('w', 5UL, 1, 1UL), ('w', 6UL, 2, 0x0302UL), ('w', 8UL, 8, 0x0B0A090807060504UL), ('w', 16UL, 2, 0x0D0CUL)],
            _device.Accesses);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void An_aligned_access_of_each_size_is_one_call(int size)
    {
        _device.Value = 0x8877665544332211;
        byte[] bytes = new byte[size];
        _pair.Machine.Memory.Read(At(0x10), bytes);
        Assert.Equal(('r', 0x10UL, size, _device.Value), Assert.Single(_device.Accesses));
        Assert.Equal(new byte[] { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88 }[..size], bytes);
    }

    [Fact]
    public void A_peer_reaches_the_device_by_bus_address_and_through_its_IOMMU()
    {
        _pair.Peer.Write(new DmaAddress(_pair.Bar.BusRange.Start.Value + 4), [1, 0, 0, 0]);
        DmaAddress mapped = _pair.Distant.MapRange(_pair.Bar.Range, DmaDirection.Bidirectional, DmaAttributes.Mmio);
        _pair.Distant.Write(new DmaAddress(mapped.Value + 8), [2, 0, 0, 0, 0, 0, 0, 0]);
        Assert.Equal([('w', 4UL, 4, 1UL), ('w', 8UL, 8, 2UL)], _device.Accesses);
        _pair.Distant.UnmapRange(new DmaRange(mapped, 0x1000), DmaDirection.Bidirectional, DmaAttributes.Mmio);
        Assert.Equal((0L, 0UL), (_pair.Machine.Faults.TotalCount, _pair.Machine.Memory.CommittedBytes));
        _pair.ExpectNothingMapped();
    }

    [Fact]
    public void Registers_are_not_exported_as_memory_unless_asked()
    {
        Expect.Fails(Errno.EOPNOTSUPP, () => BarExporter.Export(_pair.Machine, _pair.Bar, 0, 0x1000));
        Expect.Fails(Errno.EOPNOTSUPP, () => PeerToPeerBarExporter.Export(_pair.Machine, _pair.Bar, 0, 0x1000));
        PeerPair asked = new(Registers() with { ExportRegisters = true });
        DmaBufferRegistry registry = new();
        BarExporter.Export(asked.Machine, asked.Bar, 0, 0x1000, new DmaBufferExportOptions { Registry = registry, Name = "doorbells" }).Dispose();
        Assert.Equal((0, 0L), (registry.Count, registry.ProblemCount));
    }

    [Fact]
    public void A_BAR_that_may_not_be_mapped_keeps_its_function_from_serving_peers()
    {
        PeerPair pair = new(new PciBarOptions { Mappable = false });
        Assert.All(pair.Provider.Bars, static bar => Assert.Null(bar.Provider));
        Expect.Fails(Errno.EOPNOTSUPP, () => BarExporter.Export(pair.Machine, pair.Bar, 0, 0x1000));
    }

    [Fact]
    public void A_register_that_removes_a_function_is_refused_and_nothing_is_removed()
    {
        _device.DuringRead = () => _pair.Provider.Remove();
        Expect.Fails(Errno.EDEADLK, () => _pair.Machine.Memory.Read(At(0), new byte[1]));
        Assert.False(_pair.Provider.IsRemoved);
        Assert.True(_pair.Provider.Remove().WasFirst);
    }

    private PciBarOptions Registers() => new() { Registers = () => _device };

    private PhysicalAddress At(ulong offset) => new(_pair.Bar.Range.Start.Value + offset);
}
