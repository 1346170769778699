using DmaBuf.Testing;

namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>The drivers as subjects of the conformance kit.</summary>
internal static class DriverSubjects
{
    private const ulong Size = 3 * Expect.Page;
    private const string PartitionedGpuName = "partitioned gpu";

    internal static IReadOnlyDictionary<string, Func<MappingTypeSubject>> All { get; } = new Dictionary<string, Func<MappingTypeSubject>>
    {
        ["system heap"] = static () => Table(static (machine, options) => new SystemHeap(machine).Allocate(Size, options)),
        ["contiguous heap"] = static () => Table(Contiguous),
        ["user memory"] = static () => Table(UserMemory),
        ["graphics object"] = static () => Table(GraphicsObject),
        ["virtual GPU"] = static () => Table(static (machine, options) => VirtualGpuExporter.Export(machine, Guid.NewGuid(), Size, options)),
        ["sample rate converter"] = static () => Table(static (machine, options) => SampleRateConverterExporter.Export(machine, Size, options)),
        ["accelerator, by bus address"] = static () => Accelerator(SampleMachine.PeerEngine),
        ["accelerator, through the host bridge"] = static () => Accelerator(SampleMachine.IommuEngine),
        ["controller memory, by bus address"] = static () => ControllerMemory(SampleMachine.PeerEngine),
        ["controller memory, through the host bridge"] = static () => ControllerMemory(SampleMachine.IommuEngine),
        ["movable GPU, in system memory behind an IOMMU"] = static () => new GraphicsSubject(SampleMachine.IommuEngine, peers: false),
        ["movable GPU, in system memory without an IOMMU"] = static () => new GraphicsSubject(SampleMachine.PlatformEngine, peers: false),
        ["movable GPU, for peers by bus address"] = static () => new GraphicsSubject(SampleMachine.PeerEngine, peers: true),
        ["movable GPU, for peers through the host bridge"] = static () => new GraphicsSubject(SampleMachine.IommuEngine, peers: true),
        ["GPU link"] = static () => new GpuLinkSubject(),
        ["virtual function, aperture"] = static () => new ApertureSubject(),
        ["VFIO, list"] = static () =>
        {
            VfioExport vfio = new();
            return new ExporterSubject.List(vfio.Export, PhysicalMemoryKind.Mmio, vfio.FindLeftovers);
        },
        ["VFIO, table by bus address"] = static () => VfioTable(SampleMachine.PeerEngine),
        ["VFIO, table through the host bridge"] = static () => VfioTable(SampleMachine.IommuEngine),
        ["VFIO, table without an IOMMU"] = static () => VfioTable(SampleMachine.DirectEngine),
        ["EGM, list"] = static () => new ExporterSubject.List(static (machine, options) => EgmMemory.Export(machine, Size, options), PhysicalMemoryKind.Ram),
        ["virtual function, table for peers"] = static () => new ExporterSubject.Table(VirtualFunction, SampleMachine.IommuEngine, PeerToPeerAcceptance.Accepted),
    };

    /// <summary>Exporters that no importer can map, so that the kit has nothing to look at.</summary>
    internal static IReadOnlyList<string> Unmappable { get; } = [nameof(SelfTestExporter), nameof(UnshareableExporter)];

    /// <summary>The sample machine with a GPU that has a virtual function.</summary>
    internal static SoftwareMachine CreateMachine()
    {
        SoftwareMachineBuilder builder = SampleMachine.Describe();
        PciEndpointBuilder gpu = builder.AddHostBridge(PciHostBridgePolicy.Listed).AddRootPort().AddEndpoint(PartitionedGpuName);
        gpu.AddVirtualFunctions(new PciVirtualFunctionOptions { Total = 1, Enabled = 1 }).AddBar(1 << 20);
        return builder.Build();
    }

    internal static DmaBuffer VirtualFunction(SoftwareMachine machine, DmaBufferExportOptions options)
    {
        PartitionedGpu gpu = new(machine, machine.GetPciFunction(PartitionedGpuName));
        PciBar aperture = gpu.PhysicalFunction.VirtualFunctions[0].Bars[0];
        gpu.Provision(aperture, new DeviceAddress(0x4000_0000));
        return VirtualFunctionExporter.Export(gpu, aperture, [new ApertureRange(0x9000, 0x1000), new ApertureRange(0x2000, 0x2000)], options);
    }

    private static ExporterSubject.Table Table(MachineExport export) => new(export, SampleMachine.IommuEngine);

    private static ExporterSubject.Table Accelerator(string engine)
    {
        Accelerator? card = null;
        return new ExporterSubject.Table(
            (machine, options) => (card ??= new Accelerator(machine, machine.GetPciFunction(SampleMachine.Gpu).Bars[0])).Export(2, options), engine, PeerToPeerAcceptance.Accepted);
    }

    private static ExporterSubject.Table VfioTable(string engine)
    {
        VfioExport vfio = new();
        return new ExporterSubject.Table(vfio.Export, engine, PeerToPeerAcceptance.Accepted, vfio.FindLeftovers);
    }

    private static ExporterSubject.Table ControllerMemory(string engine)
    {
        NvmeController? controller = null;
        return new ExporterSubject.Table(
            (machine, options) =>
            {
                // Any function with a BAR for peers and an engine will do.
                PciFunction function = machine.GetPciFunction(SampleMachine.Gpu);
                controller ??= new NvmeController(machine, function, function.Bars[0]);
                return controller.ExportControllerMemory(Size, options);
            },
            engine,
            PeerToPeerAcceptance.Accepted);
    }

    private static DmaBuffer Contiguous(SoftwareMachine machine, DmaBufferExportOptions options)
    {
        using ContiguousHeap heap = new(machine, 8 * Size);
        return heap.Allocate(Size, options);
    }

    private static DmaBuffer GraphicsObject(SoftwareMachine machine, DmaBufferExportOptions options)
    {
        RamObject.WithTable shared = new(machine, Size);
        try
        {
            return GraphicsObjectExporter.Export(shared, null, options);
        }
        catch (DmaBufException)
        {
            shared.Release();
            throw;
        }
    }

    private static DmaBuffer UserMemory(SoftwareMachine machine, DmaBufferExportOptions options)
    {
        using RamFile file = new(machine, 4 * Size);
        file.AddSeals(RamFileSeals.Shrink);
        return UserMemoryExporter.Export(machine, [new RamFilePart(file, Size, Expect.Page), new RamFilePart(file, 0, 2 * Expect.Page)], options);
    }
}
