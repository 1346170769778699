namespace DmaBuf.Machine.Tests;

/// <summary>Machines with several NUMA nodes and with holes.</summary>
internal static class RamLayout
{
    internal const ulong Low = 0x1000_0000;
    internal const ulong Middle = 0x2000_0000;
    internal const ulong High = 0x3_0000_0000;

    /// <summary>Node 0 has 8 pages, node 1 has 16 and, above 4 GiB, node 2 has 32.</summary>
    internal static SoftwareMachineBuilder ThreeNodes() => new SoftwareMachineBuilder()
        .AddRam(new PhysicalAddress(Low), 8 * Expect.Page, 0)
        .AddRam(new PhysicalAddress(Middle), 16 * Expect.Page, 1)
        .AddRam(new PhysicalAddress(High), 32 * Expect.Page, 2);

    internal static PhysicalRange Pages(ulong start, ulong pages) => new(new PhysicalAddress(start), pages * Expect.Page);

    internal static IEnumerable<ulong> PagesOf(IEnumerable<PhysicalRange> ranges) =>
        ranges.SelectMany(range => Enumerable.Range(0, (int)(range.Length / Expect.Page)), (range, page) => range.Start.Value + ((ulong)page * Expect.Page));

    internal static int[] NodesOf(SoftwareMachine machine, params PhysicalRange[] ranges) =>
        [.. PagesOf(ranges).Select(page => machine.Memory.NumaNodeOf(new PhysicalAddress(page))!.Value).Distinct().Order()];
}
