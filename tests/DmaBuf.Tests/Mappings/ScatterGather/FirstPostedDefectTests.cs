using static DmaBuf.Tests.Mappings.ScatterGather.TableTopology;

namespace DmaBuf.Tests.Mappings.ScatterGather;

/// <summary>
/// Defects D-12, D-13 and D-24 of the series as first posted. Each check runs twice: ours passes it, the mutant fails it.
/// </summary>
public sealed class FirstPostedDefectTests
{
    private static readonly ITableMaker s_ours = new OurTableMaker();
    private static readonly ITableMaker s_firstPosted = new FirstPostedTableMaker();

    [Fact]
    public void D12_the_second_range_lies_behind_the_first_in_the_block()
    {
        Distinguish(maker =>
        {
            FakeDmaDevice device = DeviceWithBlocks();
            (_, Action release) = maker.Make(device, ThroughHostBridge(), [Range(0x10_0000, 0x3000), Range(0x50_0000, 0x2000)]);
            Assert.Equal(new PhysicalAddress(0x10_2FFF), device.Translate(new DmaAddress(FakeDmaDevice.BlockStart + 0x2FFF)));
            Assert.Equal(new PhysicalAddress(0x50_0000), device.Translate(new DmaAddress(FakeDmaDevice.BlockStart + 0x3000)));
            Assert.Equal(new PhysicalAddress(0x50_1FFF), device.Translate(new DmaAddress(FakeDmaDevice.BlockStart + 0x4FFF)));
            release();
            device.AssertClean();
        });
    }

    [Fact]
    public void D12_the_linked_length_of_a_buffer_over_4_GiB_keeps_its_upper_half()
    {
        // One range, so that the mutant's offset 0 is right and its 32-bit length is what fails.
        Distinguish(maker => AssertLinked(maker, [Range(0, (4 * GiB) + Page)]));
    }

    [Fact]
    public void D12_two_ranges_of_together_4_GiB_and_a_page_are_linked_whole()
    {
        Distinguish(maker => AssertLinked(maker, [Range(0x10_0000_0000, 4 * GiB), Range(0x50_0000_0000, Page)]));
    }

    [Theory]
    [InlineData(PeerToPeerMapType.BusAddress, true)]
    [InlineData(PeerToPeerMapType.ThroughHostBridge, false)]
    public void D13_every_piece_of_an_8_GiB_range_is_page_aligned_and_the_sum_is_right(PeerToPeerMapType mapType, bool hasBlocks)
    {
        Distinguish(maker =>
        {
            var device = new FakeDmaDevice { HasBlocks = hasBlocks };
            (ScatterGatherEntry[] entries, Action release) = maker.Make(device, Provider(mapType), [Range(0x40_0000_0000, 8 * GiB)]);
            ulong first = entries[0].Address.Value;
            Assert.Equal(
                [Entry(first, 0xFFFF_F000), Entry(first + 0xFFFF_F000, 0xFFFF_F000), Entry(first + 0x1_FFFF_E000, 0x2000)], entries);
            Assert.Equal(8 * GiB, entries.Aggregate(0UL, (sum, entry) => sum + entry.Length));
            release();
            device.AssertClean();
        });
    }

    [Fact]
    public void D13_a_range_that_was_cut_is_unmapped_as_it_was_mapped()
    {
        Distinguish(maker =>
        {
            FakeDmaDevice device = DeviceWithoutBlocks();
            maker.Make(device, ThroughHostBridge(), [Range(0, 8 * GiB), Range(16 * GiB, Page)]).Release();
            Assert.Equal(
                ["unmap [0x100000000000, +0x200000000) ToDevice Mmio", "unmap [0x100200001000, +0x1000) ToDevice Mmio"], device.Calls[2..]);
            device.AssertClean();
        });
    }

    [Fact]
    public void D24_a_table_that_cannot_be_allocated_releases_the_block()
    {
        Distinguish(maker =>
        {
            FakeDmaDevice device = DeviceWithBlocks();
            using (FaultInjection.Install(site => site == FaultSite.TableAllocation))
                Assert.Throws<DmaBufException>(() => maker.Make(device, ThroughHostBridge(), [Range(0, Page)]));
            device.AssertClean();
        });
    }

    [Fact]
    public void D24_a_failing_link_of_the_first_range_releases_the_block()
    {
        Distinguish(maker =>
        {
            FakeDmaDevice device = DeviceWithBlocks(failingCall: 1);
            Assert.Throws<DmaBufException>(() => maker.Make(device, ThroughHostBridge(), [Range(0, Page), Range(0x8000, Page)]));
            device.AssertClean();
        });
    }

    [Fact]
    public void D24_a_failing_map_unmaps_no_range_that_was_never_mapped()
    {
        Distinguish(maker =>
        {
            FakeDmaDevice device = DeviceWithoutBlocks(failingCall: 3);
            Assert.Throws<DmaBufException>(() => maker.Make(device, ThroughHostBridge(), ScatterGatherTableTests.Pages(4)));
            device.AssertClean();
        });
    }

    private static void AssertLinked(ITableMaker maker, PhysicalRange[] ranges)
    {
        FakeDmaDevice device = DeviceWithBlocks();
        (ScatterGatherEntry[] entries, Action release) = maker.Make(device, ThroughHostBridge(), ranges);
        ulong last = Sum(ranges) - 1;
        Assert.Equal([Entry(FakeDmaDevice.BlockStart, 0xFFFF_F000), Entry(FakeDmaDevice.BlockStart + 0xFFFF_F000, 0x2000)], entries);
        Assert.Equal(new PhysicalAddress(ranges[^1].Start.Value + ranges[^1].Length - 1), device.Translate(new DmaAddress(FakeDmaDevice.BlockStart + last)));
        Assert.Contains($"synchronize 0x{last + 1:x}", device.Calls);
        release();
        device.AssertClean();
    }

    private static void Distinguish(Action<ITableMaker> check)
    {
        check(s_ours);
        Assert.NotNull(Record.Exception(() => check(s_firstPosted)));
    }
}
