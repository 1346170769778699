using static DmaBuf.Tests.Mappings.ScatterGather.TableTopology;

namespace DmaBuf.Tests.Mappings.ScatterGather;

/// <summary>The three modes and the preconditions of <see cref="ScatterGatherTableBuilder"/>.</summary>
public sealed class ScatterGatherTableBuilderTests
{
    private static readonly PhysicalRange[] s_three = [Range(0x10_0000, 0x2000), Range(0x30_0000, 0x1000), Range(0x20_0000, 0x4000)];

    [Fact]
    public void Below_one_switch_each_range_becomes_its_bus_address_and_nothing_is_mapped()
    {
        FakeDmaDevice device = DeviceWithBlocks();
        ScatterGatherBacking backing = Build(device, SameSwitch(), s_three);
        Assert.Equal(
            [Entry(BusOffset + 0x10_0000, 0x2000), Entry(BusOffset + 0x30_0000, 0x1000), Entry(BusOffset + 0x20_0000, 0x4000)],
            backing.Table.Entries.ToArray());
        Assert.Equal(3, backing.Table.Count);
        Assert.Equal(0x7000UL, backing.Table.TotalLength);
        Assert.Equal(MappingCost.None, backing.Cost);
        backing.Release();
        Assert.Empty(device.Calls);
    }

    [Fact]
    public void A_bus_offset_may_be_negative()
    {
        ScatterGatherBacking backing = Build(DeviceWithBlocks(), SameSwitch(unchecked((ulong)-0x10_0000L)), s_three);
        Assert.Equal([Entry(0, 0x2000), Entry(0x20_0000, 0x1000), Entry(0x10_0000, 0x4000)], backing.Table.Entries.ToArray());
        backing.Release();
    }

    [Fact]
    public void The_route_is_asked_for_the_importing_function()
    {
        PeerToPeerProvider provider = SameSwitch();
        Build(DeviceWithBlocks(), provider, s_three).Release();
        Assert.Same(ImporterFunction, ((FakePciDevice)provider.Device).LastClient);
    }

    [Fact]
    public void Through_the_host_bridge_all_ranges_are_linked_into_one_block_at_cumulative_offsets()
    {
        FakeDmaDevice device = DeviceWithBlocks();
        ScatterGatherBacking backing = Build(device, ThroughHostBridge(), s_three);
        Assert.Equal([Entry(FakeDmaDevice.BlockStart, 0x7000)], backing.Table.Entries.ToArray());
        Assert.Equal(MappingCost.IommuMap, backing.Cost);
        backing.Release();
        Assert.Equal(
            [
                "reserve 0x7000",
                "link +0x0 [0x100000, +0x2000) ToDevice Mmio",
                "link +0x2000 [0x300000, +0x1000) ToDevice Mmio",
                "link +0x3000 [0x200000, +0x4000) ToDevice Mmio",
                "synchronize 0x7000",
                "release 0x7000 ToDevice Mmio",
            ],
            device.Calls);
        device.AssertClean();
    }

    [Fact]
    public void Without_a_block_each_range_is_mapped_and_unmapped_by_itself()
    {
        FakeDmaDevice device = DeviceWithoutBlocks();
        ScatterGatherBacking backing = Build(device, ThroughHostBridge(), s_three);
        const ulong First = FakeDmaDevice.FirstMapAddress;
        Assert.Equal([Entry(First, 0x2000), Entry(First + 0x3000, 0x1000), Entry(First + 0x5000, 0x4000)], backing.Table.Entries.ToArray());
        Assert.Equal(device.RangeMappingCost, backing.Cost);
        backing.Release();
        Assert.Equal(
            [
                "map [0x100000, +0x2000) ToDevice Mmio",
                "map [0x300000, +0x1000) ToDevice Mmio",
                "map [0x200000, +0x4000) ToDevice Mmio",
                "unmap [0x100000000000, +0x2000) ToDevice Mmio",
                "unmap [0x100000003000, +0x1000) ToDevice Mmio",
                "unmap [0x100000005000, +0x4000) ToDevice Mmio",
            ],
            device.Calls);
        device.AssertClean();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Without_a_provider_the_ranges_are_memory_and_no_peer_rule_applies(bool hasBlocks)
    {
        var device = new FakeDmaDevice { HasBlocks = hasBlocks };
        ScatterGatherBacking backing = Build(device, null, s_three);
        Assert.Equal(hasBlocks ? 1 : 3, backing.Table.Count);
        backing.Release();
        Assert.All(device.Calls.Where(call => call.StartsWith("map", StringComparison.Ordinal) || call.StartsWith("link", StringComparison.Ordinal)),
            call => Assert.EndsWith(" ToDevice None", call));
        device.AssertClean();
    }

    [Theory]
    [InlineData(PeerToPeerMapType.Unknown)]
    [InlineData(PeerToPeerMapType.None)]
    [InlineData(PeerToPeerMapType.NotSupported)]
    [InlineData((PeerToPeerMapType)9)]
    public void Any_other_route_is_EINVAL_and_the_error_gives_its_reason(PeerToPeerMapType mapType)
    {
        FakeDmaDevice device = DeviceWithBlocks();
        PeerToPeerProvider provider = Provider(mapType, reason: "request redirect on 0000:00:1c.0");
        DmaBufException exception = Assert.Throws<DmaBufException>(() => Build(device, provider, s_three));
        Assert.Equal(Errno.EINVAL, exception.Errno);
        Assert.Contains("request redirect on 0000:00:1c.0", exception.Message, StringComparison.Ordinal);
        Assert.Contains("fake0", exception.Message, StringComparison.Ordinal);
        Assert.Empty(device.Calls);
    }

    [Fact]
    public void Costs_say_what_was_done()
    {
        const MappingCost Bound = MappingCost.IommuMap | MappingCost.CacheMaintenance | MappingCost.Bounce;
        Assert.Equal(MappingCost.IommuMap | MappingCost.CacheMaintenance, CostOf(new FakeDmaDevice { HasBlocks = true, RangeMappingCost = Bound }, null));
        Assert.Equal(MappingCost.IommuMap, CostOf(new FakeDmaDevice { HasBlocks = true, RangeMappingCost = Bound }, ThroughHostBridge()));
        Assert.Equal(Bound, CostOf(new FakeDmaDevice { RangeMappingCost = Bound }, null));
        Assert.Equal(MappingCost.IommuMap, CostOf(new FakeDmaDevice { RangeMappingCost = Bound }, ThroughHostBridge()));

        static MappingCost CostOf(FakeDmaDevice device, PeerToPeerProvider? provider)
        {
            ScatterGatherBacking backing = Build(device, provider, s_three);
            backing.Release();
            return backing.Cost;
        }
    }

    public static TheoryData<string, Errno, PhysicalRange[], ulong> BadRanges => new()
    {
        { "no entry", Errno.EINVAL, [], 0 },
        { "entry 1 [0x2000, +0x0) has length zero", Errno.EINVAL, [Range(0x1000, 0x1000), Range(0x2000, 0)], 0x1000 },
        { "entry 0 [0x1000, +0x1001) is not aligned", Errno.EINVAL, [Range(0x1000, 0x1001)], 0x1001 },
        { "entry 1 [0x1800, +0x1000) is not aligned", Errno.EINVAL, [Range(0, 0x1000), Range(0x1800, 0x1000)], 0x2000 },
        { "entry 0 [0xfffffffffffff000, +0x2000) wraps", Errno.EOVERFLOW, [Range(0xFFFF_FFFF_FFFF_F000, 0x2000)], 0x2000 },
        { "adding entry 2", Errno.EOVERFLOW, [Range(0, 1UL << 63), Range(0, (1UL << 63) - 0x1000), Range(0, 0x1000)], 0 },
        { "sum to 0x2000, but the buffer has 0x3000", Errno.EINVAL, [Range(0, 0x2000)], 0x3000 },
        { "sum to 0x2000, but the buffer has 0x1000", Errno.EINVAL, [Range(0, 0x2000)], 0x1000 },
    };

    [Theory]
    [MemberData(nameof(BadRanges))]
    public void Bad_ranges_are_refused_before_the_device_is_touched(string text, Errno errno, PhysicalRange[] ranges, ulong size)
    {
        foreach (PeerToPeerProvider? provider in new[] { null, SameSwitch(), ThroughHostBridge() })
        {
            FakeDmaDevice device = DeviceWithBlocks();
            DmaBufException exception = Assert.Throws<DmaBufException>(
                () => ScatterGatherTableBuilder.Build(device, provider, ranges, size, DmaDirection.ToDevice));
            Assert.Equal(errno, exception.Errno);
            Assert.Contains(text, exception.Message, StringComparison.Ordinal);
            Assert.Empty(device.Calls);
        }
    }

    [Fact]
    public void A_missing_device_or_providing_function_and_a_direction_that_does_not_exist_are_EINVAL()
    {
        AssertErrno(Errno.EINVAL, () => ScatterGatherTableBuilder.Build(null!, null, s_three, 0x7000, DmaDirection.ToDevice));
        AssertErrno(Errno.EINVAL, () => Build(DeviceWithBlocks(), new PeerToPeerProvider(null!, 0), s_three));
        AssertErrno(Errno.EINVAL, () => ScatterGatherTableBuilder.Build(DeviceWithBlocks(), null, s_three, 0x7000, (DmaDirection)3));
        AssertErrno(Errno.EINVAL, () => ScatterGatherTableBuilder.Build(DeviceWithBlocks(), null, s_three, 0x7000, (DmaDirection)(-1)));
    }

    [Fact]
    public void A_bus_offset_that_is_not_page_aligned_or_moves_a_range_across_the_end_is_refused()
    {
        AssertErrno(Errno.EINVAL, () => Build(DeviceWithBlocks(), SameSwitch(0x800), s_three));
        AssertErrno(Errno.EOVERFLOW, () => Build(DeviceWithBlocks(), SameSwitch(unchecked((ulong)-0x10_1000L)), s_three));
        AssertErrno(Errno.EOVERFLOW, () => Build(DeviceWithBlocks(), SameSwitch(unchecked((ulong)-0x10_1000L)), Range(0x10_0000, 8 * GiB)));
        Build(DeviceWithBlocks(), SameSwitch(0xF000_0000_0000_0000), s_three).Release();
    }

    [Fact]
    public void A_table_that_fits_no_array_is_ENOMEM_and_the_block_is_given_back()
    {
        FakeDmaDevice device = DeviceWithBlocks();
        AssertErrno(Errno.ENOMEM, () => Build(device, null, Range(0, 0x9000_0000_0000_0000)));
        Assert.Equal(["reserve 0x9000000000000000", "release 0x0 ToDevice None"], device.Calls);
        device.AssertClean();
    }

    internal static void AssertErrno(Errno errno, Func<object> action) => Assert.Equal(errno, Assert.Throws<DmaBufException>(action).Errno);
}
