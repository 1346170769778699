namespace DmaBuf.Tests.Mappings.ScatterGather;

/// <summary>Devices, providers and ranges that the table tests share.</summary>
internal static class TableTopology
{
    internal const ulong Page = 0x1000;
    internal const ulong GiB = 1UL << 30;
    internal const ulong BusOffset = 0x7_0000_0000;

    internal static FakePciDevice ImporterFunction { get; } = new("0000:04:00.0", PeerToPeerMapType.NotSupported);

    internal static FakeDmaDevice DeviceWithBlocks(int failingCall = 0)
        => new() { HasBlocks = true, FailingCall = failingCall, PciDevice = ImporterFunction };

    internal static FakeDmaDevice DeviceWithoutBlocks(int failingCall = 0) => new() { FailingCall = failingCall, PciDevice = ImporterFunction };

    internal static PeerToPeerProvider SameSwitch(ulong busOffset = BusOffset) => Provider(PeerToPeerMapType.BusAddress, busOffset);

    internal static PeerToPeerProvider ThroughHostBridge() => Provider(PeerToPeerMapType.ThroughHostBridge, BusOffset);

    internal static PeerToPeerProvider Provider(PeerToPeerMapType mapType, ulong busOffset = BusOffset, string reason = "as the test says")
        => new(new FakePciDevice("0000:03:00.0", mapType, reason), busOffset);

    internal static PhysicalRange Range(ulong start, ulong length) => new(new PhysicalAddress(start), length);

    internal static ScatterGatherEntry Entry(ulong address, ulong length) => new(new DmaAddress(address), checked((uint)length));

    internal static ulong Sum(IEnumerable<PhysicalRange> ranges) => ranges.Aggregate(0UL, (sum, range) => sum + range.Length);

    internal static ScatterGatherBacking Build(IDmaDevice device, PeerToPeerProvider? provider, params PhysicalRange[] ranges)
        => ScatterGatherTableBuilder.Build(device, provider, ranges, Sum(ranges), DmaDirection.ToDevice);
}
