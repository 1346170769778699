using DmaBuf.Tests.Defects;
using static DmaBuf.Tests.Mappings.ScatterGather.TableTopology;

namespace DmaBuf.Tests.Mappings.ScatterGather;

/// <summary>
/// Defects D-12, D-13 and D-24 of the series as first posted, which has all of them at once. Each body looks for its own defect before it looks at anything that
/// another one spoils.
/// </summary>
public sealed class FirstPostedDefectTests
{
    private static readonly ITableMaker s_ours = new OurTableMaker();
    private static readonly ITableMaker s_firstPosted = new FirstPostedTableMaker();

    [Theory]
    [InlineData(0x3000)]
    [InlineData(4 * GiB)]
    public void D12_the_second_range_lies_behind_the_first_in_the_block(ulong first)
    {
        Distinguish("the second range was linked at the offset of the first", (maker, defect) =>
        {
            FakeDmaDevice device = DeviceWithBlocks();
            Action release = () => { };
            Exception? collided = Record.Exception(() => release = maker.Make(device, ThroughHostBridge(), [Range(0x10_0000, first), Range(0x50_0000_0000, 0x2000)]).Release);
            Assert.Equal($"link +0x0 [0x100000, +0x{first:x}) ToDevice Mmio", device.Calls[1]);
            Assert.EndsWith("[0x5000000000, +0x2000) ToDevice Mmio", device.Calls[2], StringComparison.Ordinal);
            defect.AbsentIf(device.Calls[2].StartsWith($"link +0x{first:x} ", StringComparison.Ordinal), device.Calls[2]);
            Assert.Null(collided);
            Assert.Equal(new PhysicalAddress(0x10_0000 + first - 1), device.Translate(new DmaAddress(FakeDmaDevice.BlockStart + first - 1)));
            Assert.Equal(new PhysicalAddress(0x50_0000_0000), device.Translate(new DmaAddress(FakeDmaDevice.BlockStart + first)));
            Assert.Equal(new PhysicalAddress(0x50_0000_1FFF), device.Translate(new DmaAddress(FakeDmaDevice.BlockStart + first + 0x1FFF)));
            release();
            device.AssertClean();
        });
    }

    [Fact]
    public void D12_the_linked_length_of_a_buffer_over_4_GiB_keeps_its_upper_half()
    {
        // One range, so that offset 0 is right.
        const ulong Size = (4 * GiB) + Page;
        Distinguish("the linked length was counted in 32 bits", (maker, defect) =>
        {
            FakeDmaDevice device = DeviceWithBlocks();
            (_, Action release) = maker.Make(device, ThroughHostBridge(), [Range(0, Size)]);
            string synchronized = Assert.Single(device.Calls, static call => call.StartsWith("synchronize", StringComparison.Ordinal));
            defect.AbsentIf(synchronized == $"synchronize 0x{Size:x}", synchronized);
            Assert.Equal(new PhysicalAddress(Size - 1), device.Translate(new DmaAddress(FakeDmaDevice.BlockStart + Size - 1)));
            release();
            device.AssertClean();
        });
    }

    [Theory]
    [InlineData(PeerToPeerMapType.BusAddress, true)]
    [InlineData(PeerToPeerMapType.ThroughHostBridge, false)]
    [InlineData(PeerToPeerMapType.ThroughHostBridge, true)]
    public void D13_every_piece_of_an_8_GiB_range_is_page_aligned_and_the_sum_is_right(PeerToPeerMapType mapType, bool hasBlocks)
    {
        Distinguish("a piece is not aligned to pages", (maker, defect) =>
        {
            var device = new FakeDmaDevice { HasBlocks = hasBlocks };
            (ScatterGatherEntry[] entries, Action release) = maker.Make(device, Provider(mapType), [Range(0x40_0000_0000, 8 * GiB)]);
            Assert.Equal(8 * GiB, entries.Aggregate(0UL, (sum, entry) => sum + entry.Length));
            defect.AbsentIf(entries.All(static entry => (entry.Address.Value | entry.Length) % Page == 0), string.Join(", ", entries));
            ulong first = entries[0].Address.Value;
            Assert.Equal(
                [Entry(first, 0xFFFF_F000), Entry(first + 0xFFFF_F000, 0xFFFF_F000), Entry(first + 0x1_FFFF_E000, 0x2000)], entries);
            release();
            device.AssertClean();
        });
    }

    [Fact]
    public void D13_a_range_that_was_cut_is_unmapped_as_it_was_mapped()
    {
        Distinguish("it was unmapped in pieces that were never mapped", (maker, defect) =>
        {
            FakeDmaDevice device = DeviceWithoutBlocks();
            maker.Make(device, ThroughHostBridge(), [Range(0, 8 * GiB), Range(16 * GiB, Page)]).Release();
            Assert.Equal(2, device.Calls.Count(static call => call.StartsWith("map", StringComparison.Ordinal)));
            defect.AbsentIf(device.Violations.Count == 0, string.Join(", ", device.Violations));
            Assert.Equal(
                ["unmap [0x100000000000, +0x200000000) ToDevice Mmio", "unmap [0x100200001000, +0x1000) ToDevice Mmio"], device.Calls[2..]);
            device.AssertClean();
        });
    }

    [Fact]
    public void D24_a_table_that_cannot_be_allocated_releases_the_block()
    {
        Distinguish("the block was leaked", (maker, defect) =>
        {
            FakeDmaDevice device = DeviceWithBlocks();
            using (FaultInjection.Install(site => site == FaultSite.TableAllocation))
                AssertFails(Errno.ENOMEM, maker, device, Range(0, Page));
            defect.AbsentIf(device.LiveMappings == 0);
            device.AssertClean();
        });
    }

    [Fact]
    public void D24_a_failing_link_of_the_first_range_releases_the_block()
    {
        Distinguish("the block was leaked", (maker, defect) =>
        {
            FakeDmaDevice device = DeviceWithBlocks(failingCall: 1);
            AssertFails(Errno.EIO, maker, device, Range(0, Page), Range(0x8000, Page));
            defect.AbsentIf(device.LiveMappings == 0);
            device.AssertClean();
        });
    }

    [Theory]
    [InlineData(4 * GiB)]
    [InlineData((4 * GiB) + Page)]
    public void D24_a_failing_synchronisation_releases_the_block_with_all_that_was_linked(ulong size)
    {
        Distinguish("the block was released with a length of 32 bits, or not at all", (maker, defect) =>
        {
            FakeDmaDevice device = DeviceWithBlocks(failingCall: 2);
            AssertFails(Errno.EIO, maker, device, Range(0, size));
            defect.AbsentIf(device.Calls[^1] == $"release 0x{size:x} ToDevice Mmio", device.Calls[^1]);
            device.AssertClean();
        });
    }

    [Fact]
    public void D24_a_failing_map_unmaps_no_range_that_was_never_mapped()
    {
        Distinguish("entries that were never filled were unmapped", (maker, defect) =>
        {
            FakeDmaDevice device = DeviceWithoutBlocks(failingCall: 3);
            AssertFails(Errno.EIO, maker, device, ScatterGatherTableTests.Pages(4));
            Assert.Equal(0, device.LiveMappings);
            defect.AbsentIf(device.Violations.Count == 0, string.Join(", ", device.Violations));
            device.AssertClean();
        });
    }

    private static void AssertFails(Errno errno, ITableMaker maker, FakeDmaDevice device, params PhysicalRange[] ranges)
        => Assert.Equal(errno, Assert.Throws<DmaBufException>(() => maker.Make(device, ThroughHostBridge(), ranges)).Errno);

    private static void Distinguish(string sign, Action<ITableMaker, Defect> body) => DefectProof.Show(sign, s_ours, s_firstPosted, body);
}
