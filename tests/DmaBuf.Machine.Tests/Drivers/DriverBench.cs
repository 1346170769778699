using DmaBuf.Testing;

namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>The sample machine with a second GPU and a GPU that has a virtual function, a registry of its own, and the check that nothing is left.</summary>
internal sealed class DriverBench
{
    internal const int Size = 0x2_0000;

    private readonly LeakCheck _leaks;
    private readonly List<DmaBuffer> _buffers = [];

    internal DriverBench()
    {
        SoftwareMachineBuilder builder = SampleMachine.Describe();
        PciHostBridgeBuilder bridge = builder.AddHostBridge(PciHostBridgePolicy.Listed);
        bridge.AddRootPort().AddEndpoint("gpu2").AddBar(SampleMachine.GpuBarLength).WithDmaEngine();
        bridge.AddRootPort().AddEndpoint("gpu4").AddBar(SampleMachine.GpuBarLength);
        bridge.AddRootPort().AddEndpoint("gpu3").AddVirtualFunctions(new PciVirtualFunctionOptions { Total = 2, Enabled = 2 }).AddBar(1 << 20);
        Machine = builder.Build();
        Link = new GpuLink("hive 0");
        Gpu = new GraphicsProcessor(Machine, Bar(SampleMachine.Gpu));
        LinkedGpu = new GraphicsProcessor(Machine, Bar("gpu2"), port: Link.Connect());
        GpuWithoutEngine = new GraphicsProcessor(Machine, Bar("gpu4"));
        Partitioned = new PartitionedGpu(Machine, Machine.GetPciFunction("gpu3"));
        Partitioned.Provision(Bar("gpu3-vf0"), new DeviceAddress(0x4000_0000));
        _leaks = LeakCheck.Start(Registry);
    }

    internal SoftwareMachine Machine { get; }

    internal DmaBufferRegistry Registry { get; } = new();

    internal GpuLink Link { get; }

    internal GraphicsProcessor Gpu { get; }

    internal GraphicsProcessor LinkedGpu { get; }

    internal GraphicsProcessor GpuWithoutEngine { get; }

    internal PartitionedGpu Partitioned { get; }

    internal DmaBufferExportOptions Options => new() { Registry = Registry, Name = "driver" };

    internal byte[] Contents { get; } = Expect.Pattern(Size, seed: 11);

    internal PciBar Bar(string function) => Machine.GetPciFunction(function).Bars[0];

    internal DmaEngineDevice Engine(string name) => Machine.GetEngine(name);

    internal DmaBuffer Graphics(GraphicsBufferOptions? options = null, GraphicsProcessor? gpu = null)
    {
        DmaBuffer buffer = (gpu ?? Gpu).Export(Size, options, Options);
        _buffers.Add(buffer);
        Exporter(buffer).Write(0, Contents);
        return buffer;
    }

    internal static GraphicsBufferExporter Exporter(DmaBuffer buffer) => (GraphicsBufferExporter)buffer.Exporter;

    internal static byte[] BytesOf(DmaBuffer buffer)
    {
        byte[] bytes = new byte[buffer.Size];
        if (buffer.Exporter is GraphicsBufferExporter graphics)
        {
            graphics.Read(0, bytes);
        }
        else
        {
            ((MachineExporter)buffer.Exporter).Read(0, bytes);
        }

        return bytes;
    }

    internal static DmaRange[] RangesOf(ScatterGatherMapping mapping)
    {
        using ScatterGatherLease lease = mapping.ReadTable();
        return Array.ConvertAll(lease.Entries.ToArray(), static entry => new DmaRange(entry.Address, entry.Length));
    }

    /// <summary>Waits for a move that nobody else waits for.</summary>
    internal static void Settle(DmaBuffer buffer) => buffer.Reservation.Snapshot(FenceUsage.Kernel).Wait(Timeout.InfiniteTimeSpan);

    internal static RevokeReport Revoke(DmaBuffer buffer, TimeSpan deadline) => buffer.RevokeAsync(deadline).AsTask().GetAwaiter().GetResult();

    /// <summary>Nothing is left: no buffer, no memory of any kind, no mapping of any device, no window, no power, no problem on record, no fault.</summary>
    internal void ExpectNothingLeft(long faults = 0, ulong ram = 0)
    {
        _buffers.ForEach(Settle);
        _leaks.Verify();
        Assert.Equal((0, ram, 0UL, 0UL), (Registry.Count, Machine.Ram.AllocatedBytes, Gpu.AllocatedBytes, LinkedGpu.AllocatedBytes));
        Assert.Equal((0, 0, 0), (Gpu.PowerReferences, LinkedGpu.PowerReferences, Link.OpenWindows));
        Assert.All(Machine.Engines, static engine => Assert.Equal(0, engine.LiveMappingCount));
        Assert.Equal(faults, Machine.Faults.TotalCount);
    }
}
