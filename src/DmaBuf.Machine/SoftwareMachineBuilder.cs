namespace DmaBuf.Machine;

/// <summary>
/// Describes a machine in code: RAM, IOMMUs, PCI trees, platform devices. <see cref="Build"/> makes it and may be called again for another
/// one alike.
/// </summary>
/// <remarks>Not thread-safe. Names of IOMMUs, functions and platform devices are unique on a machine.</remarks>
public sealed class SoftwareMachineBuilder
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    internal List<(PhysicalRange Range, int NumaNode)> Ram { get; } = [];

    internal List<(string Name, DmaRange Aperture, ulong SmallestPage)> Iommus { get; } = [];

    internal List<PciHostBridgeBuilder> HostBridges { get; } = [];

    internal List<(string Name, DmaEngineOptions Options)> PlatformEngines { get; } = [];

    internal ulong BouncePoolLength { get; private set; }

    /// <summary>The processor; null: one that forwards no peer traffic by itself.</summary>
    public Processor? Processor { get; set; }

    /// <summary>Which host bridges forward peer traffic; the kernel's rows unless set.</summary>
    public PciHostBridgeWhitelist HostBridgeWhitelist { get; set; } = PciHostBridgeWhitelist.Kernel;

    /// <summary>DMA address minus physical address for platform devices without an IOMMU; a multiple of 4096.</summary>
    public ulong PlatformDmaOffset { get; set; } = AddressLayout.PlatformDmaOffset;

    /// <summary>Adds RAM on NUMA node 0. Only touched pages will cost memory.</summary>
    /// <param name="start">The first byte; a multiple of 4096, not zero.</param>
    /// <param name="length">Bytes; a multiple of 4096, 2^46 at most.</param>
    /// <exception cref="DmaBufException">EINVAL: start or length; EEXIST: RAM is there.</exception>
    public SoftwareMachineBuilder AddRam(PhysicalAddress start, ulong length) => AddRam(start, length, 0);

    /// <summary>
    /// Adds RAM. Only touched pages will cost memory. What lies between two additions is a hole: it is never allocated, and accesses there
    /// fault.
    /// </summary>
    /// <param name="start">The first byte; a multiple of 4096, not zero.</param>
    /// <param name="length">Bytes; a multiple of 4096, 2^46 at most.</param>
    /// <param name="numaNode">The node that it is of; 0 to <see cref="RamPlacement.LastNumaNode"/>.</param>
    /// <exception cref="DmaBufException">EINVAL: start, length or node; EEXIST: RAM is there.</exception>
    public SoftwareMachineBuilder AddRam(PhysicalAddress start, ulong length, int numaNode)
    {
        RamPlacement.RequireNumaNode(numaNode, "RAM cannot be put");
        PhysicalRange range = new(start, length);
        if (!MachinePage.AreWhole(start.Value, length) || start.Value == 0 || length > 1UL << 46)
        {
            throw new DmaBufException(
                Errno.EINVAL,
                $"RAM cannot be put at {range}: start and length must be multiples of {MachinePage.Size} and not zero, and the " +
                "length 64 TiB at most.");
        }

        Extent extent = new(start.Value, start.Value + length);
        if (Ram.Exists(other => extent.Overlaps(new Extent(other.Range.Start.Value, other.Range.Start.Value + other.Range.Length))))
        {
            throw new DmaBufException(Errno.EEXIST, $"RAM cannot be put at {range}: RAM is there.");
        }

        Ram.Add((range, numaNode));
        return this;
    }

    /// <summary>
    /// Adds a bounce pool (<c>swiotlb=</c>) in the lowest RAM that has room for it. Devices without an IOMMU then reach memory beyond their last address through it,
    /// at <see cref="MappingCost.Bounce"/>.
    /// </summary>
    /// <param name="length">Bytes; a multiple of 4096, not zero. The RAM is not allocated for anything else.</param>
    /// <exception cref="DmaBufException">EINVAL: the length; EEXIST: there is one.</exception>
    public SoftwareMachineBuilder AddBouncePool(ulong length)
    {
        if (!MachinePage.AreWhole(0, length))
        {
            throw new DmaBufException(Errno.EINVAL, $"A bounce pool cannot have 0x{length:x} bytes: the length must be a multiple of {MachinePage.Size} and not zero.");
        }

        if (BouncePoolLength != 0)
        {
            throw new DmaBufException(Errno.EEXIST, $"A bounce pool cannot be added: there is one of 0x{BouncePoolLength:x} bytes, and a machine has one at most.");
        }

        BouncePoolLength = length;
        return this;
    }

    /// <summary>Adds an IOMMU with the default aperture.</summary>
    /// <param name="name">By which devices name it.</param>
    /// <exception cref="DmaBufException">EEXIST: the name is taken.</exception>
    public SoftwareMachineBuilder AddIommu(string name) =>
        AddIommu(name, new DmaRange(new DmaAddress(AddressLayout.IovaStart), AddressLayout.IovaLength));

    /// <summary>Adds an IOMMU whose smallest page has 4096 bytes.</summary>
    /// <param name="name">By which devices name it.</param>
    /// <param name="aperture">The addresses that devices' own domains use; whole pages below 2^48.</param>
    /// <exception cref="DmaBufException">EINVAL: the aperture; EEXIST: the name is taken.</exception>
    public SoftwareMachineBuilder AddIommu(string name, DmaRange aperture) => AddIommu(name, aperture, MachinePage.Size);

    /// <summary>Adds an IOMMU.</summary>
    /// <param name="name">By which devices name it.</param>
    /// <param name="aperture">The addresses that devices' own domains use; multiples of 4096 below 2^48.</param>
    /// <param name="smallestPage">Bytes of the smallest page: 4096, or 2048.</param>
    /// <exception cref="DmaBufException">EINVAL: the aperture or the page; EEXIST: the name is taken.</exception>
    public SoftwareMachineBuilder AddIommu(string name, DmaRange aperture, ulong smallestPage)
    {
        if (!MachinePage.AreWhole(aperture.Start.Value, aperture.Length) || aperture.Start.Value + aperture.Length > IoPageTable.AddressEnd)
        {
            throw new DmaBufException(
                Errno.EINVAL,
                $"IOMMU {name} cannot have the aperture {aperture}: start and length must be multiples of {MachinePage.Size}, the " +
                "length not zero and the end at most 2^48, which four levels of tables translate.");
        }

        if (smallestPage is not (MachinePage.Size or MachinePage.Size / 2))
        {
            throw new DmaBufException(
                Errno.EINVAL,
                $"IOMMU {name} cannot have a smallest page of {smallestPage} bytes: choose {MachinePage.Size} or {MachinePage.Size / 2}.");
        }

        TakeName(name);
        Iommus.Add((name, aperture, smallestPage));
        return this;
    }

    /// <summary>Adds a PCI host bridge, with a PCI domain of its own, of which is said directly what it forwards.</summary>
    /// <param name="policy">Its row in the whitelist of bridges that forward peer traffic.</param>
    /// <param name="busOffset">Bus address minus physical address of the BARs below it, modulo 2^64; a multiple of 4096.</param>
    /// <param name="dmaOffset">DMA address minus physical address for devices below it without an IOMMU, modulo 2^64; a multiple of
    /// 4096.</param>
    /// <exception cref="DmaBufException">EINVAL: an offset.</exception>
    public PciHostBridgeBuilder AddHostBridge(
        PciHostBridgePolicy policy = PciHostBridgePolicy.NotListed,
        ulong busOffset = AddressLayout.BusOffset,
        ulong dmaOffset = AddressLayout.PciDmaOffset) =>
        AddHostBridge(policy, null, busOffset, dmaOffset);

    /// <summary>Adds a PCI host bridge, with a PCI domain of its own, that <see cref="HostBridgeWhitelist"/> judges when the machine is built.</summary>
    /// <param name="first">The first device of its root bus.</param>
    public PciHostBridgeBuilder AddHostBridge(PciRootDevice first)
    {
        ArgumentNullException.ThrowIfNull(first);
        return AddHostBridge(PciHostBridgePolicy.NotListed, first, AddressLayout.BusOffset, AddressLayout.PciDmaOffset);
    }

    /// <summary>Adds a DMA engine that is no PCI device.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="options">How it reaches memory; null: without an IOMMU and without an address limit.</param>
    /// <exception cref="DmaBufException">EEXIST: the name is taken.</exception>
    public SoftwareMachineBuilder AddPlatformDmaEngine(string name, DmaEngineOptions? options = null)
    {
        TakeName(name);
        PlatformEngines.Add((name, options ?? new DmaEngineOptions()));
        return this;
    }

    /// <summary>Makes the machine. Nothing of it is shared with another one from the same builder.</summary>
    /// <exception cref="DmaBufException">
    /// EINVAL: no RAM, or addresses of two kinds overlap or wrap; ENOENT: a device names an IOMMU that was not added; ENOSPC: more than
    /// PCI can number.
    /// </exception>
    public SoftwareMachine Build() => new MachineAssembly(this).Assemble();

    internal void TakeName(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (!_names.Add(name))
        {
            throw new DmaBufException(
                Errno.EEXIST,
                $"{name} cannot be added: something on the machine has that name. Names are unique on a machine.");
        }
    }

    internal PciHostBridgeBuilder AddHostBridge(PciHostBridgePolicy policy, PciRootDevice? first, ulong busOffset, ulong dmaOffset)
    {
        if (!MachinePage.IsAligned(busOffset | dmaOffset))
        {
            throw new DmaBufException(
                Errno.EINVAL,
                $"A host bridge cannot have the offsets 0x{busOffset:x} and 0x{dmaOffset:x}: both must be multiples of " +
                $"{MachinePage.Size}.");
        }

        PciHostBridgeBuilder bridge = new(this, policy, first, busOffset, dmaOffset);
        HostBridges.Add(bridge);
        return bridge;
    }
}
