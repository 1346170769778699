namespace DmaBuf.Machine.Tests;

public sealed class SegmentLimitEngineTests
{
    private static readonly DmaSegmentLimits Limits = new(0x3000, 0x3FFF);

    public static TheoryData<string> Engines => ["direct", "translated"];

    [Theory]
    [MemberData(nameof(Engines))]
    public void A_table_for_an_engine_with_limits_obeys_them_and_moves_the_same_bytes(string name)
    {
        SoftwareMachine machine = new SoftwareMachineBuilder()
            .AddRam(new PhysicalAddress(0x1000_0000), 64 * Expect.Page)
            .AddIommu("iommu")
            .AddPlatformDmaEngine("direct", new DmaEngineOptions { SegmentLimits = Limits })
            .AddPlatformDmaEngine("translated", new DmaEngineOptions { SegmentLimits = Limits, Iommu = "iommu" })
            .Build();
        DmaEngineDevice engine = machine.GetEngine(name);
        Assert.Same(Limits, engine.SegmentLimits);
        DmaBufferRegistry registry = new();
        using (DmaBuffer buffer = new SystemHeap(machine).Allocate(21 * Expect.Page, new DmaBufferExportOptions { Registry = registry }))
        using (ScatterGatherAttachment attachment = buffer.AttachScatterGather(engine))
        using (ScatterGatherMapping mapping = attachment.MapScatterGather(DmaDirection.Bidirectional))
        {
            DmaRange[] table = ExporterBench.RangesOf(mapping);
            Assert.All(table, entry => Assert.True(entry.Length <= 0x3000 && (entry.Start.Value & 0x3FFF) + entry.Length <= 0x4000, $"{entry} breaks {Limits}."));
            byte[] pattern = Expect.Pattern(21 * 4096);
            engine.Write(table, pattern);
            byte[] seen = new byte[pattern.Length];
            ((MachineExporter)buffer.Exporter).Read(0, seen);
            Assert.Equal(pattern, seen);
        }

        Assert.Equal((0, 0, 0UL, 0L), (registry.Count, engine.LiveMappingCount, machine.Ram.AllocatedBytes, machine.Faults.TotalCount));
    }
}
