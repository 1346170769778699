namespace DmaBuf.Machine;

/// <summary>
/// A machine in software: physical memory that holds bytes, a PCI tree with peer-to-peer rules, IOMMUs that translate and fault, and
/// devices that move bytes only through what was mapped for them.
/// </summary>
/// <remarks>
/// Theory: four kinds of addresses meet on a machine, and most DMA bugs are one taken for another. Here they lie apart. A <i>CPU
/// physical</i> address finds RAM or a BAR. A <i>PCI bus</i> address finds a BAR, from below the same switch. An <i>I/O virtual</i>
/// address means what the IOMMU's page table says, to one device. A <i>direct DMA</i> address is a physical one plus the bus's offset. An
/// access with any other number faults, and so does an access that was not mapped, or not any more.
/// Vocabulary: <i>end</i> is exclusive, <i>last</i> is inclusive; a <i>fault</i> is an access that was stopped; a <i>mismatch</i> is an
/// unmap that names no live mapping.
/// Lock order: a device's or a domain's lock, then the fault log's. A device's lock is never held while a domain or an allocator is called.
/// Safe for calls from several threads. Holds nothing but managed memory: it is garbage when nobody refers to it.
/// </remarks>
public sealed class SoftwareMachine
{
    internal SoftwareMachine(
        PhysicalMemory memory, RamAllocator ram, BouncePool? bouncePool, IReadOnlyList<PciFunction> functions, IReadOnlyList<PciPort> ports, IReadOnlyList<SoftwareIommu> iommus, IReadOnlyList<DmaEngineDevice> engines, DmaFaultLog faults)
    {
        Memory = memory;
        Ram = ram;
        BouncePool = bouncePool;
        PciFunctions = functions;
        PciPorts = ports;
        Iommus = iommus;
        Engines = engines;
        Faults = faults;
    }

    /// <summary>The physical address space as the CPU sees it.</summary>
    public PhysicalMemory Memory { get; }

    /// <summary>Allocates RAM.</summary>
    public RamAllocator Ram { get; }

    /// <summary>Through what bytes pass for devices that cannot reach them; null: the machine was built without.</summary>
    public BouncePool? BouncePool { get; }

    /// <summary>All endpoint functions, virtual ones included whether or not they are enabled, in the order of their addresses.</summary>
    public IReadOnlyList<PciFunction> PciFunctions { get; }

    /// <summary>All bridges but the host bridges, in the order of their addresses.</summary>
    public IReadOnlyList<PciPort> PciPorts { get; }

    /// <summary>All IOMMUs, in the order in which they were added.</summary>
    public IReadOnlyList<SoftwareIommu> Iommus { get; }

    /// <summary>All DMA engines: those of PCI functions first, then those of the platform.</summary>
    public IReadOnlyList<DmaEngineDevice> Engines { get; }

    /// <summary>What devices and drivers did outside of what was mapped.</summary>
    public DmaFaultLog Faults { get; }

    /// <summary>Makes the sample machine, whose parts <see cref="SampleMachine"/> names.</summary>
    public static SoftwareMachine CreateSample() => SampleMachine.Describe().Build();

    /// <summary>Finds a DMA engine by name.</summary>
    /// <exception cref="DmaBufException">ENOENT: there is none.</exception>
    public DmaEngineDevice GetEngine(string name) => Find(Engines, engine => engine.Name, name, "DMA engine");

    /// <summary>Finds a PCI function by name.</summary>
    /// <exception cref="DmaBufException">ENOENT: there is none.</exception>
    public PciFunction GetPciFunction(string name) => Find(PciFunctions, function => function.Name, name, "PCI function");

    /// <summary>Finds an IOMMU by name.</summary>
    /// <exception cref="DmaBufException">ENOENT: there is none.</exception>
    public SoftwareIommu GetIommu(string name) => Find(Iommus, iommu => iommu.Name, name, "IOMMU");

    private static T Find<T>(IReadOnlyList<T> parts, Func<T, string> nameOf, string name, string kind)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(name);
        return parts.FirstOrDefault(part => nameOf(part) == name)
            ?? throw new DmaBufException(Errno.ENOENT,
                $"The machine has no {kind} {name}; it has {string.Join(", ", parts.Select(nameOf))}.");
    }
}
