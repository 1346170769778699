using static DmaBuf.Tests.Mappings.ScatterGather.TableTopology;

namespace DmaBuf.Tests.Mappings.ScatterGather;

/// <summary>Every step of building a table fails in turn, and exactly the steps before it are undone.</summary>
public sealed class ScatterGatherUnwindingTests
{
    private const int RangeCount = 5;

    private static readonly PhysicalRange[] s_ranges = [.. Enumerable.Range(0, RangeCount).Select(index => Range((ulong)index * 0x10_0000, 0x1000UL * (ulong)(index + 1)))];

    public static TheoryData<int> EveryRange => new(Enumerable.Range(0, RangeCount));

    [Theory]
    [MemberData(nameof(EveryRange))]
    public void A_link_that_fails_releases_the_block_with_exactly_what_was_linked(int failing)
    {
        FakeDmaDevice device = DeviceWithBlocks(failing + 1);
        AssertDeviceError(device, ThroughHostBridge());
        Assert.Equal($"release 0x{Sum(s_ranges.Take(failing)):x} ToDevice Mmio", device.Calls[^1]);
        Assert.Equal(1 + failing + 1 + 1, device.Calls.Count);
    }

    [Fact]
    public void A_synchronisation_that_fails_releases_the_block_with_its_whole_length()
    {
        FakeDmaDevice device = DeviceWithBlocks(RangeCount + 1);
        AssertDeviceError(device, ThroughHostBridge());
        Assert.Equal($"release 0x{Sum(s_ranges):x} ToDevice Mmio", device.Calls[^1]);
    }

    [Theory]
    [MemberData(nameof(EveryRange))]
    public void A_map_that_fails_unmaps_exactly_the_ranges_before_it(int failing)
    {
        FakeDmaDevice device = DeviceWithoutBlocks(failing + 1);
        AssertDeviceError(device, null);
        Assert.Equal(failing, device.Calls.Count(call => call.StartsWith("unmap", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_nth_call_of_the_device_fails_and_leaves_nothing_behind(bool hasBlocks)
    {
        int failures = 0;
        for (int failing = 1; ; failing++)
        {
            FakeDmaDevice device = hasBlocks ? DeviceWithBlocks(failing) : DeviceWithoutBlocks(failing);
            if (Record.Exception(() => Build(device, ThroughHostBridge(), s_ranges).Release()) is null)
                break;
            failures++;
            device.AssertClean();
        }

        Assert.Equal(hasBlocks ? RangeCount + 1 : RangeCount, failures);
    }

    [Theory]
    [InlineData(PeerToPeerMapType.BusAddress, true, 1)]
    [InlineData(PeerToPeerMapType.ThroughHostBridge, true, 2)]
    [InlineData(PeerToPeerMapType.ThroughHostBridge, false, 2)]
    public void Every_nth_allocation_fails_with_ENOMEM_and_leaves_nothing_behind(PeerToPeerMapType mapType, bool hasBlocks, int expectedFailures)
    {
        int failures = 0;
        for (int failing = 1; ; failing++)
        {
            int reached = 0;
            FakeDmaDevice device = hasBlocks ? DeviceWithBlocks() : DeviceWithoutBlocks();
            using IDisposable injection = FaultInjection.Install(_ => ++reached == failing);
            Exception? exception = Record.Exception(() => Build(device, Provider(mapType), s_ranges).Release());
            device.AssertClean();
            if (exception is null)
                break;
            failures++;
            Assert.Equal(Errno.ENOMEM, Assert.IsType<DmaBufException>(exception).Errno);
        }

        Assert.Equal(expectedFailures, failures);
    }

    [Fact]
    public void A_device_that_maps_to_an_unaligned_address_is_refused_and_its_mapping_taken_back()
    {
        var device = new FakeDmaDevice { Misplacement = 0x10 };
        ScatterGatherTableBuilderTests.AssertErrno(Errno.EFAULT, () => Build(device, null, s_ranges));
        device.AssertClean();
        Assert.Equal(2, device.Calls.Count);
    }

    [Fact]
    public void A_block_that_is_too_short_is_refused_and_given_back()
    {
        var device = new FakeDmaDevice { HasBlocks = true, BlockShortage = 0x1000 };
        ScatterGatherTableBuilderTests.AssertErrno(Errno.EFAULT, () => Build(device, null, s_ranges));
        device.AssertClean();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_second_release_does_nothing(bool hasBlocks)
    {
        FakeDmaDevice device = hasBlocks ? DeviceWithBlocks() : DeviceWithoutBlocks();
        ScatterGatherBacking backing = Build(device, null, s_ranges);
        backing.Release();
        backing.Release();
        backing.ReleaseWhileInUse();
        device.AssertClean();
        Assert.Null(backing.ReleaseFault);
    }

    [Fact]
    public void A_device_that_throws_on_unmap_stops_neither_the_other_unmaps_nor_the_caller_and_is_reported()
    {
        var device = new FakeDmaDevice { ThrowsOnUnmap = true };
        ScatterGatherBacking backing = Build(device, null, s_ranges);
        backing.Release();
        device.AssertClean();
        Assert.True(backing.Table.IsReleased);
        Assert.Contains("unmap [0x100000000000", Assert.IsType<InvalidOperationException>(backing.ReleaseFault).Message, StringComparison.Ordinal);
    }

    private static void AssertDeviceError(FakeDmaDevice device, PeerToPeerProvider? provider)
    {
        ScatterGatherTableBuilderTests.AssertErrno(Errno.EIO, () => Build(device, provider, s_ranges));
        device.AssertClean();
    }
}
