using System.Security.Cryptography;

namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>Each exporter through a whole life, by a device's DMA: attach, map, bytes both ways, unmap, revoke, detach, release.</summary>
public sealed class DriverLifeTests
{
    private static readonly Dictionary<string, (Func<DriverBench, DmaBuffer> Export, bool PeersOnly)> s_drivers = new()
    {
        ["system heap"] = (static bench => new SystemHeap(bench.Machine).Allocate(DriverBench.Size, bench.Options), false),
        ["contiguous heap"] = (Contiguous, false),
        ["user memory"] = (UserMemory, false),
        ["virtual GPU"] = (static bench => VirtualGpuExporter.Export(bench.Machine, Guid.NewGuid(), DriverBench.Size, bench.Options), false),
        ["sample rate converter"] = (static bench => SampleRateConverterExporter.Export(bench.Machine, DriverBench.Size, bench.Options), false),
        ["movable GPU"] = (static bench => bench.Graphics(), false),
        ["GPU whose buffer may not move"] = (static bench => bench.Graphics(new GraphicsBufferOptions { MayMigrate = false }), true),
        ["accelerator"] = (static bench => new Accelerator(bench.Machine, bench.Bar("gpu2")).Export(2, bench.Options), true),
        ["virtual function"] = (static bench => VirtualFunctionExporter.Export(
            bench.Partitioned, bench.Bar("gpu3-vf0"), [new ApertureRange(0x8_0000, 0x1_0000), new ApertureRange(0x1000, 0x1_0000)], bench.Options), true),
    };

    public static TheoryData<string, string> Cases
    {
        get
        {
            TheoryData<string, string> cases = [];
            foreach ((string driver, (_, bool peersOnly)) in s_drivers)
            {
                cases.Add(driver, SampleMachine.IommuEngine);
                cases.Add(driver, SampleMachine.DirectEngine);
                if (!peersOnly)
                {
                    cases.Add(driver, SampleMachine.PlatformEngine);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_buffer_lives_and_dies_and_a_device_sees_its_bytes_meanwhile_alone(string driver, string engineName)
    {
        DriverBench bench = new();
        DmaEngineDevice engine = bench.Engine(engineName);
        (Func<DriverBench, DmaBuffer> export, bool peersOnly) = s_drivers[driver];
        long faults;
        using (DmaBuffer buffer = export(bench))
        {
            Fill(buffer, bench.Contents);
            LettingGo importer = new();
            using ScatterGatherAttachment attachment = buffer.Attach(
                importer, ScatterGatherMappingType.Request(engine, peersOnly ? PeerToPeerAcceptance.Accepted : PeerToPeerAcceptance.NotAccepted));
            DmaRange[] table;
            using (ScatterGatherMapping mapping = attachment.MapScatterGather(DmaDirection.Bidirectional))
            {
                DriverBench.Settle(buffer);
                table = DriverBench.RangesOf(mapping);
                Assert.Equal(SHA256.HashData(bench.Contents), engine.ChecksumOf(table));
                byte[] update = Expect.Pattern(DriverBench.Size, seed: 12);
                engine.Write(table, update);
                Assert.Equal(update, DriverBench.BytesOf(buffer));
            }

            foreach (DmaRange range in table)
            {
                Expect.Faults(bench.Machine, DmaFaultReason.NotMapped, DmaAccess.Read, range.Start, () => engine.Read(range.Start, new byte[1]));
            }

            faults = bench.Machine.Faults.TotalCount;
            importer.Mapping = attachment.MapScatterGather(DmaDirection.ToDevice);
            Assert.Equal(RevokeOutcome.Drained, DriverBench.Revoke(buffer, TimeSpan.FromSeconds(20)).Outcome);
            Expect.Fails(Errno.ENODEV, () => attachment.MapScatterGather(DmaDirection.ToDevice));
            attachment.Detach();
        }

        bench.ExpectNothingLeft(faults);
    }

    private static void Fill(DmaBuffer buffer, byte[] contents)
    {
        if (buffer.Exporter is MachineExporter exporter)
        {
            exporter.Write(0, contents);
        }
    }

    private static DmaBuffer Contiguous(DriverBench bench)
    {
        // Disposed at once: the area stays for as long as the buffer does.
        using ContiguousHeap heap = new(bench.Machine, 1 << 20);
        return heap.Allocate(DriverBench.Size, bench.Options);
    }

    private static DmaBuffer UserMemory(DriverBench bench)
    {
        using RamFile first = new(bench.Machine, 0x1_0000);
        using RamFile second = new(bench.Machine, 0x2_0000);
        first.AddSeals(RamFileSeals.Shrink);
        second.AddSeals(RamFileSeals.Shrink);
        return UserMemoryExporter.Export(
            bench.Machine, [new RamFilePart(second, 0x1_0000, 0x8000), new RamFilePart(first, 0x1000, 0x8000), new RamFilePart(second, 0, 0x1_0000)], bench.Options);
    }
}
