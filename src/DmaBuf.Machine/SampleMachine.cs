namespace DmaBuf.Machine;

/// <summary>
/// The machine that demonstrations and the matrix use: small, and with every way to reach memory once. A GPU-like function and an engine
/// share a switch; two more engines hang at root ports of their own, one behind the IOMMU and one without; one engine is no PCI device.
/// </summary>
/// <remarks>Stateless, safe for all threads.</remarks>
public static class SampleMachine
{
    /// <summary>The IOMMU.</summary>
    public const string Iommu = "iommu0";

    /// <summary>A PCI function with a 16 MiB BAR, and an engine of its own behind the IOMMU.</summary>
    public const string Gpu = "gpu";

    /// <summary>An engine behind the IOMMU and below the GPU's switch: reaches the BAR by bus address.</summary>
    public const string PeerEngine = "engine-peer";

    /// <summary>An engine behind the IOMMU at its own root port: reaches the BAR through the host bridge, translated.</summary>
    public const string IommuEngine = "engine-iommu";

    /// <summary>An engine without an IOMMU at its own root port: reaches the BAR through the host bridge.</summary>
    public const string DirectEngine = "engine-direct";

    /// <summary>A platform device's engine, without an IOMMU: reaches no peer.</summary>
    public const string PlatformEngine = "engine-platform";

    /// <summary>Bytes of the GPU's BAR.</summary>
    public const ulong GpuBarLength = 16 << 20;

    /// <summary>Describes the machine, to be built as it is or with more added.</summary>
    public static SoftwareMachineBuilder Describe()
    {
        SoftwareMachineBuilder builder = new();
        builder.AddRam(new PhysicalAddress(0x10_0000_0000), 1UL << 40).AddIommu(Iommu).AddPlatformDmaEngine(PlatformEngine);
        PciHostBridgeBuilder bridge = builder.AddHostBridge(PciHostBridgePolicy.Listed);
        PciSwitchBuilder shared = bridge.AddRootPort().AddSwitch();
        shared.AddDownstreamPort().AddEndpoint(Gpu).AddBar(GpuBarLength).WithDmaEngine(new DmaEngineOptions { Iommu = Iommu });
        shared.AddDownstreamPort().AddEndpoint(PeerEngine).WithDmaEngine(new DmaEngineOptions { Iommu = Iommu });
        bridge.AddRootPort().AddEndpoint(IommuEngine).WithDmaEngine(new DmaEngineOptions { Iommu = Iommu });
        bridge.AddRootPort().AddEndpoint(DirectEngine).WithDmaEngine();
        return builder;
    }
}
