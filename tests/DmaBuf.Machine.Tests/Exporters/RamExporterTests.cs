namespace DmaBuf.Machine.Tests;

public sealed class RamExporterTests
{
    private static readonly DmaBufferImporter Importer = new("test device");

    private readonly ExporterBench _bench = new();

    public static TheoryData<string> AllEngines => DmaEngineDeviceTests.AllEngines;

    [Theory]
    [MemberData(nameof(AllEngines))]
    public void Any_device_moves_bytes_through_the_table_and_faults_after_unmap(string name)
    {
        DmaEngineDevice engine = _bench.Machine.GetEngine(name);
        using (DmaBuffer buffer = _bench.Ram())
        {
            using ScatterGatherAttachment attachment = buffer.Attach(Importer, ScatterGatherMappingType.Request(engine));
            DmaRange[] table;
            using (ScatterGatherMapping mapping = attachment.MapScatterGather(DmaDirection.Bidirectional))
            {
                table = ExporterBench.RangesOf(mapping);
                _bench.MoveBothWays(engine, buffer, table);
            }

            _bench.ExpectUnreachable(engine, table);
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void Pages_are_scattered_so_that_a_device_without_an_IOMMU_gets_an_entry_a_page()
    {
        using DmaBuffer buffer = _bench.Ram();
        using ScatterGatherAttachment attachment = buffer.Attach(
            Importer, ScatterGatherMappingType.Request(_bench.Machine.GetEngine(SampleMachine.DirectEngine)));
        using ScatterGatherMapping mapping = attachment.MapScatterGather(DmaDirection.ToDevice);
        Assert.Equal(13, ExporterBench.RangesOf(mapping).Length);
    }

    [Fact]
    public async Task A_revoke_at_its_deadline_takes_the_entries_from_a_device_behind_an_IOMMU()
    {
        DmaEngineDevice engine = _bench.Machine.GetEngine(SampleMachine.IommuEngine);
        using (DmaBuffer buffer = _bench.Ram())
        {
            using ScatterGatherAttachment attachment = buffer.Attach(Importer, ScatterGatherMappingType.Request(engine));
            using ScatterGatherMapping mapping = attachment.MapScatterGather(DmaDirection.Bidirectional);
            DmaRange[] table = ExporterBench.RangesOf(mapping);
            RevokeReport report = await buffer.RevokeAsync(TimeSpan.Zero, TestContext.Current.CancellationToken);
            Assert.Equal(RevokeOutcome.Forced, report.Outcome);
            _bench.ExpectUnreachable(engine, table);
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void A_mapping_permits_its_direction_only()
    {
        DmaEngineDevice engine = _bench.Machine.GetEngine(SampleMachine.IommuEngine);
        using DmaBuffer buffer = _bench.Ram();
        using ScatterGatherAttachment attachment = buffer.Attach(Importer, ScatterGatherMappingType.Request(engine));
        using ScatterGatherMapping mapping = attachment.MapScatterGather(DmaDirection.ToDevice);
        DmaAddress first = ExporterBench.RangesOf(mapping)[0].Start;
        Expect.Faults(_bench.Machine, DmaFaultReason.Permission, DmaAccess.Write, first, () => engine.Write(first, [1]));
    }

    [Fact]
    public void The_driver_reads_and_writes_across_pages_and_never_outside()
    {
        using DmaBuffer buffer = _bench.Ram();
        MachineExporter exporter = (MachineExporter)buffer.Exporter;
        byte[] middle = Expect.Pattern(9000, seed: 8);
        exporter.Write(4000, middle);
        byte[] all = new byte[ExporterBench.Size];
        exporter.Read(0, all);
        middle.CopyTo(_bench.Contents, 4000);
        Assert.Equal(_bench.Contents, all);
        Expect.Fails(Errno.EINVAL, () => exporter.Write(1, new byte[ExporterBench.Size]));
        Expect.Fails(Errno.EINVAL, () => exporter.Read(ulong.MaxValue, new byte[1]));
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(4095UL)]
    public void A_size_that_is_not_whole_pages_is_refused_and_takes_no_RAM(ulong size)
    {
        Expect.Fails(Errno.EINVAL, () => RamExporter.Export(_bench.Machine, size));
        Expect.Fails(Errno.EINVAL, () => PhysicalRamExporter.Export(_bench.Machine, size));
        Assert.Equal(0UL, _bench.Machine.Ram.AllocatedBytes);
    }

    [Fact]
    public void A_refused_export_gives_the_pages_back()
    {
        DmaBufferExportOptions options = new() { Name = new string('x', DmaBuffer.MaximumNameLength + 1) };
        Expect.Fails(Errno.EINVAL, () => RamExporter.Export(_bench.Machine, 4096, options));
        Expect.Fails(Errno.EINVAL, () => PhysicalRamExporter.Export(_bench.Machine, 4096, options));
        Assert.Equal(0UL, _bench.Machine.Ram.AllocatedBytes);
    }
}
