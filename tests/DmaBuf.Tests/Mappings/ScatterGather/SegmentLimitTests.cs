using CsCheck;
using static DmaBuf.Tests.Mappings.ScatterGather.TableTopology;

namespace DmaBuf.Tests.Mappings.ScatterGather;

/// <summary>Tables for devices that take short segments, or none across certain addresses.</summary>
public sealed class SegmentLimitTests
{
    private static readonly Gen<DmaSegmentLimits> s_limits = Gen.Select(
        Gen.OneOf(Gen.UInt[0x1000, 0x9000], Gen.Const(uint.MaxValue)),
        Gen.OneOf(Gen.Int[12, 17], Gen.Const(64)),
        (maximum, bits) => new DmaSegmentLimits(maximum, bits == 64 ? ulong.MaxValue : (1UL << bits) - 1));

    private static readonly Gen<PhysicalRange[]> s_ranges =
        Gen.Select(Gen.ULong[0, 1 << 12], Gen.ULong[1, 40], (page, pages) => Range(page * Page, pages * Page)).Array[1, 8];

    public static TheoryData<uint, ulong> BadLimits => new()
    {
        { 4095, ulong.MaxValue },
        { 0, ulong.MaxValue },
        { 4096, 0 },
        { 4096, 2047 },
        { 4096, 0x1_7FFF },
        { 4096, 0x1_0000 },
    };

    [Fact]
    public void Entries_are_cut_as_a_page_by_page_reference_cuts_them_in_every_mode()
    {
        Gen.Select(s_limits, s_ranges, Gen.Int[0, 2], Gen.ULong[0, 64]).Sample(
            (limits, ranges, mode, shift) =>
            {
                ulong busOffset = BusOffset + (shift * Page);
                FakeDmaDevice device = new() { HasBlocks = mode == 1, SegmentLimits = limits, PciDevice = ImporterFunction, Misplacement = shift * Page };
                ScatterGatherBacking backing = Build(device, mode == 0 ? SameSwitch(busOffset) : ThroughHostBridge(), ranges);
                Assert.Equal(SegmentReference.Cut(RunsOf(mode, ranges, busOffset, shift), limits), backing.Table.Entries.ToArray());
                Assert.Equal(Sum(ranges), backing.Table.TotalLength);
                backing.Release();
                device.AssertClean();
            },
            iter: 2000);
    }

    [Fact]
    public void Pieces_are_counted_without_walking_along_the_run()
    {
        Gen.Select(s_limits, Gen.ULong[0, 200], Gen.ULong[1, 300]).Sample((limits, page, pages) =>
        {
            Assert.Equal((ulong)SegmentReference.Cut([new DmaRange(new DmaAddress(page * Page), pages * Page)], limits).Length, limits.CountPieces(page * Page, pages * Page));
        });
        Assert.Equal(1UL << 51, new DmaSegmentLimits(0x1000).CountPieces(0, 1UL << 63));
        Assert.Equal(1UL << 51, new DmaSegmentLimits(uint.MaxValue, 0xFFF).CountPieces(0, 1UL << 63));
    }

    [Fact]
    public void A_maximum_that_is_no_whole_number_of_pages_keeps_entries_aligned()
    {
        FakeDmaDevice device = new() { SegmentLimits = new DmaSegmentLimits(65535), PciDevice = ImporterFunction };
        ScatterGatherBacking backing = Build(device, SameSwitch(), Range(0, 0x1_0000));
        Assert.Equal([Entry(BusOffset, 0xF000), Entry(BusOffset + 0xF000, 0x1000)], backing.Table.Entries.ToArray());
        backing.Release();
    }

    [Fact]
    public void A_boundary_of_4_GiB_is_kept_by_a_run_that_is_longer()
    {
        FakeDmaDevice device = new() { SegmentLimits = new DmaSegmentLimits(uint.MaxValue, uint.MaxValue), PciDevice = ImporterFunction };
        ScatterGatherBacking backing = Build(device, SameSwitch(0), Range(0xFFFF_0000, 0x1_0001_0000));
        Assert.Equal(
            [Entry(0xFFFF_0000, 0x1_0000), Entry(0x1_0000_0000, 0xFFFF_F000), Entry(0x1_FFFF_F000, 0x1000)],
            backing.Table.Entries.ToArray());
        backing.Release();
    }

    [Fact]
    public void Ranges_that_touch_are_never_joined_beyond_the_limits()
    {
        // In one block all ranges are one run for the device, however they lie in memory.
        FakeDmaDevice device = new() { HasBlocks = true, SegmentLimits = new DmaSegmentLimits(0x3000), PciDevice = ImporterFunction };
        ScatterGatherBacking backing = Build(device, null, Range(0x1000, 0x2000), Range(0x3000, 0x2000));
        Assert.Equal([Entry(FakeDmaDevice.BlockStart, 0x3000), Entry(FakeDmaDevice.BlockStart + 0x3000, 0x1000)], backing.Table.Entries.ToArray());
        backing.Release();
        device.AssertClean();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_nth_step_for_a_device_with_limits_fails_and_leaves_nothing_behind(bool hasBlocks)
    {
        PhysicalRange[] ranges = [Range(0, 0x5000), Range(0x1_0000, 0x3000), Range(0x2_0000, 0x8000)];
        int failures = 0;
        for (int failing = 1; ; failing++)
        {
            int reached = 0;
            FakeDmaDevice device = new() { HasBlocks = hasBlocks, SegmentLimits = new DmaSegmentLimits(0x2000), FailingCall = failing, PciDevice = ImporterFunction };
            using IDisposable injection = FaultInjection.Install(_ => ++reached == failing - 4);
            Exception? exception = Record.Exception(() => Build(device, ThroughHostBridge(), ranges).Release());
            device.AssertClean();
            if (exception is null && failing > 8)
                break;
            failures += exception is null ? 0 : 1;
        }

        Assert.Equal(hasBlocks ? 6 : 5, failures);
    }

    [Fact]
    public void A_table_of_too_many_pieces_is_ENOMEM_and_what_was_mapped_for_it_is_unmapped()
    {
        FakeDmaDevice device = new() { SegmentLimits = new DmaSegmentLimits(0x1000) };
        ScatterGatherTableBuilderTests.AssertErrno(Errno.ENOMEM, () => Build(device, null, Range(0, 1UL << 60)));
        Assert.Equal(2, device.Calls.Count);
        device.AssertClean();
    }

    [Theory]
    [MemberData(nameof(BadLimits))]
    public void Limits_below_a_page_and_masks_of_another_form_are_refused(uint maximum, ulong mask)
        => ScatterGatherTableBuilderTests.AssertErrno(Errno.EINVAL, () => new DmaSegmentLimits(maximum, mask));

    [Fact]
    public void A_device_without_limits_says_so()
    {
        IDmaDevice device = new PeerToPeer.NamedDevice();
        Assert.Same(DmaSegmentLimits.None, device.SegmentLimits);
        Assert.Equal("no segment limits", device.SegmentLimits.ToString());
        Assert.Equal("segments of at most 0x1000 bytes, none across a multiple of 0xffff + 1", new DmaSegmentLimits(0x1000, 0xFFFF).ToString());
        ScatterGatherTableBuilderTests.AssertErrno(Errno.EINVAL, () => Build(new FakeDmaDevice { SegmentLimits = null! }, null, Range(0, Page)));
    }

    private static IEnumerable<DmaRange> RunsOf(int mode, PhysicalRange[] ranges, ulong busOffset, ulong shift)
    {
        if (mode == 1)
            return [new DmaRange(new DmaAddress(FakeDmaDevice.BlockStart), Sum(ranges))];
        if (mode == 0)
            return ranges.Select(range => new DmaRange(new DmaAddress(range.Start.Value + busOffset), range.Length));
        ulong next = FakeDmaDevice.FirstMapAddress + (shift * Page);
        List<DmaRange> runs = [];
        foreach (PhysicalRange range in ranges)
        {
            runs.Add(new DmaRange(new DmaAddress(next), range.Length));
            next += range.Length + Page;
        }

        return runs;
    }
}
