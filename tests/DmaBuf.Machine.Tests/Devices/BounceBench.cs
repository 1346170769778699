namespace DmaBuf.Machine.Tests;

/// <summary>
/// A machine whose engines form 32 address bits, and whose RAM lies mostly above: 48 low pages, of which 32 are the bounce pool, and 256 high ones on node 1. All
/// have a DMA offset, so that a physical address is no DMA address.
/// </summary>
internal sealed class BounceBench
{
    internal const ulong Offset = 0x4000_0000;
    internal const ulong Low = 0x1000_0000;
    internal const ulong High = 0x10_0000_0000;
    internal const ulong PoolPages = 32;
    internal const int Size = 5 * 4096;
    internal const string Short = "short";
    internal const string OtherShort = "other";
    internal const string Wide = "wide";
    internal const string Nic = "nic";
    internal const string Gpu = "gpu";

    internal BounceBench(ulong poolPages = PoolPages)
    {
        DmaEngineOptions limited = new() { LastAddress = new DmaAddress(uint.MaxValue) };
        SoftwareMachineBuilder builder = new SoftwareMachineBuilder { PlatformDmaOffset = Offset }
            .AddRam(new PhysicalAddress(Low), 48 * Expect.Page)
            .AddRam(new PhysicalAddress(High), 256 * Expect.Page, 1)
            .AddPlatformDmaEngine(Short, limited)
            .AddPlatformDmaEngine(OtherShort, limited)
            .AddPlatformDmaEngine(Wide);
        if (poolPages != 0)
        {
            builder.AddBouncePool(poolPages * Expect.Page);
        }

        PciHostBridgeBuilder bridge = builder.AddHostBridge(PciHostBridgePolicy.Listed, dmaOffset: Offset);
        bridge.AddRootPort().AddEndpoint(Gpu).AddBar(1 << 20);
        bridge.AddRootPort().AddEndpoint(Nic).WithDmaEngine(limited);
        Machine = builder.Build();
        Contents = Expect.Pattern(Size, seed: 5);
    }

    internal static MappingCost Bouncing => MappingCost.Default | MappingCost.Bounce;

    internal static RamPlacement HighRam { get; } = new() { NumaNode = 1 };

    internal SoftwareMachine Machine { get; }

    internal DmaBufferRegistry Registry { get; } = new();

    internal byte[] Contents { get; }

    internal DmaEngineDevice Engine => Machine.GetEngine(Short);

    internal DmaBufferExportOptions Options => new() { Registry = Registry };

    internal DmaBuffer HighBuffer() => Fill(RamExporter.Export(Machine, Size, HighRam, Options));

    internal DmaBuffer Fill(DmaBuffer buffer)
    {
        ((MachineExporter)buffer.Exporter).Write(0, Contents);
        return buffer;
    }

    internal ScatterGatherAttachment Attach(DmaBuffer buffer, IDmaDevice device) =>
        buffer.Attach(new DmaBufferImporter(device.Name), ScatterGatherMappingType.Request(device, ceiling: Bouncing));

    internal static byte[] BytesOf(DmaBuffer buffer)
    {
        byte[] bytes = new byte[Size];
        ((MachineExporter)buffer.Exporter).Read(0, bytes);
        return bytes;
    }

    internal static byte[] BytesSeenBy(DmaEngineDevice engine, DmaRange[] table)
    {
        byte[] bytes = new byte[Size];
        engine.Read(table, bytes);
        return bytes;
    }

    internal PhysicalRange HighPages(int pages) => Machine.Ram.AllocateContiguous((ulong)pages * Expect.Page, Expect.Page, HighRam);

    internal bool LiesInPool(DmaRange range)
    {
        ulong start = Machine.BouncePool!.Range.Start.Value + Offset;
        return range.Start.Value >= start && range.Start.Value + range.Length <= start + Machine.BouncePool.Range.Length;
    }

    internal void ExpectNothingLeft()
    {
        Assert.Equal((0, 0L, 0UL, 0UL), (Registry.Count, Registry.ProblemCount, Machine.Ram.AllocatedBytes, Machine.BouncePool?.UsedBytes ?? 0));
        Assert.All(Machine.Engines, static engine => Assert.Equal(0, engine.LiveMappingCount));
    }
}
