using System.Security.Cryptography;

namespace DmaBuf.Machine.Tests;

/// <summary>The sample machine, and buffers on it that are filled with bytes that differ at every place.</summary>
internal sealed class ExporterBench
{
    internal const int Size = 13 * 4096;

    internal SoftwareMachine Machine { get; } = SoftwareMachine.CreateSample();

    internal DmaBufferRegistry Registry { get; } = new();

    internal byte[] Contents { get; } = Expect.Pattern(Size, seed: 3);

    internal DmaBuffer Ram() => Fill(RamExporter.Export(Machine, Size, Options));

    internal DmaBuffer PhysicalRam() => Fill(PhysicalRamExporter.Export(Machine, Size, Options));

    internal DmaBuffer Bar() => Fill(BarExporter.Export(Machine, GpuBar, 0x5000, Size, Options));

    internal DmaBuffer PeerBar() => Fill(PeerToPeerBarExporter.Export(Machine, GpuBar, 0x7000, Size, Options));

    internal PciBar GpuBar => Machine.GetPciFunction(SampleMachine.Gpu).Bars[0];

    private DmaBufferExportOptions Options => new() { Registry = Registry, Name = "bench" };

    /// <summary>The device reads the buffer, and then writes it, through the table alone.</summary>
    internal void MoveBothWays(DmaEngineDevice engine, DmaBuffer buffer, DmaRange[] table)
    {
        Assert.Equal(SHA256.HashData(Contents), engine.ChecksumOf(table));
        byte[] update = Expect.Pattern(Size, seed: 4);
        engine.Write(table, update);
        byte[] seen = new byte[Size];
        ((MachineExporter)buffer.Exporter).Read(0, seen);
        Assert.Equal(update, seen);
        Assert.Equal(0, Machine.Faults.TotalCount);
    }

    internal static DmaRange[] RangesOf(ScatterGatherMapping mapping)
    {
        using ScatterGatherLease lease = mapping.ReadTable();
        return Array.ConvertAll(lease.Entries.ToArray(), static entry => new DmaRange(entry.Address, entry.Length));
    }

    /// <summary>Every page of the table is gone: each access faults, in both directions.</summary>
    internal void ExpectUnreachable(DmaEngineDevice engine, DmaRange[] table)
    {
        foreach (DmaRange range in table)
        {
            Expect.Faults(Machine, DmaFaultReason.NotMapped, DmaAccess.Read, range.Start, () => engine.Read(range.Start, new byte[1]));
            Expect.Faults(Machine, DmaFaultReason.NotMapped, DmaAccess.Write, range.Start, () => engine.Write(range.Start, [1]));
        }
    }

    /// <summary>Nothing is left: no buffer, no RAM, no mapping of any device, no problem on record.</summary>
    internal void ExpectNothingLeft()
    {
        Assert.Equal((0, 0L, 0UL), (Registry.Count, Registry.ProblemCount, Machine.Ram.AllocatedBytes));
        Assert.All(Machine.Engines, static engine => Assert.Equal(0, engine.LiveMappingCount));
    }

    private DmaBuffer Fill(DmaBuffer buffer)
    {
        ((MachineExporter)buffer.Exporter).Write(0, Contents);
        return buffer;
    }
}
