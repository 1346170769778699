using DmaBuf.Testing;

namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>A controller with a controller memory buffer, a GPU and a network adapter below one switch, and RAM.</summary>
internal sealed class NvmeBench
{
    internal const int Size = 16 * 4096;
    internal const uint Blocks = Size / 512;

    private readonly LeakCheck _leaks;

    internal NvmeBench(string? iommu = SampleMachine.Iommu)
    {
        SoftwareMachineBuilder builder = new SoftwareMachineBuilder().AddRam(new PhysicalAddress(0x10_0000_0000), 1 << 24).AddIommu(SampleMachine.Iommu);
        PciSwitchBuilder shared = builder.AddHostBridge(PciHostBridgePolicy.Listed).AddRootPort().AddSwitch();
        DmaEngineOptions options = new() { Iommu = iommu };
        shared.AddDownstreamPort().AddEndpoint("nvme").AddBar(0x4000).AddBar(1 << 20).WithDmaEngine(options);
        shared.AddDownstreamPort().AddEndpoint("gpu").AddBar(1 << 20).WithDmaEngine(options);
        shared.AddDownstreamPort().AddEndpoint("nic").WithDmaEngine(options);
        Machine = builder.Build();
        PciFunction function = Machine.GetPciFunction("nvme");
        Controller = new NvmeController(Machine, function, function.Bars[1]);
        Controller.AddNamespace(Medium);
        Queue = Controller.CreateQueuePair();
        Gpu = new GraphicsProcessor(Machine, Machine.GetPciFunction("gpu").Bars[0]);
        Medium.Write(0, Contents);
        _leaks = LeakCheck.Start(Registry);
    }

    internal SoftwareMachine Machine { get; }

    internal NvmeController Controller { get; }

    internal NvmeQueuePair Queue { get; }

    internal GraphicsProcessor Gpu { get; }

    internal NvmeNamespace Medium { get; } = new(1 << 20);

    internal DmaBufferRegistry Registry { get; } = new();

    internal byte[] Contents { get; } = Expect.Pattern(Size, seed: 21);

    internal DmaBufferExportOptions Options => new() { Registry = Registry, Name = "nvme" };

    /// <summary>A buffer of zeros of one of the kinds: in RAM, in the GPU's memory, in the controller's own.</summary>
    internal DmaBuffer Buffer(string kind) => kind switch
    {
        "ram" => RamExporter.Export(Machine, Size, Options),
        "gpu" => Gpu.Export(Size, null, Options),
        _ => Controller.ExportControllerMemory(Size, Options),
    };

    internal byte[] BytesOnMedium(int offset, int length)
    {
        byte[] bytes = new byte[length];
        Medium.Read((ulong)offset, bytes);
        return bytes;
    }

    internal static Errno Wait(DmaTransfer command) => ChannelBench.Wait(command);

    internal void ExpectNothingLeft(long faults = 0, long problems = 0)
    {
        _leaks.Verify(problems);
        Assert.Equal((0, 0UL, 0UL, 0UL, 0), (Registry.Count, Machine.Ram.AllocatedBytes, Gpu.AllocatedBytes, Controller.AllocatedBytes, Queue.PendingCount));
        Assert.All(Machine.Engines, static engine => Assert.Equal(0, engine.LiveMappingCount));
        Assert.Equal(faults, Machine.Faults.TotalCount);
    }
}
