namespace DmaBuf.Machine;

/// <summary>
/// Makes a machine from its description: number the PCI tree, place the BARs, check that the kinds of addresses lie apart, then create
/// regions, functions, IOMMUs and devices. All that can fail comes before anything is created that somebody could hold.
/// </summary>
internal sealed class MachineAssembly(SoftwareMachineBuilder builder)
{
    private readonly DmaFaultLog _faults = new();
    private readonly List<PciEndpointPlan> _endpoints = PciEnumeration.Run(builder.HostBridges, builder.HostBridgeWhitelist);
    private ulong _nextBar = AddressLayout.MmioStart;

    public SoftwareMachine Assemble()
    {
        if (builder.Ram.Count == 0)
        {
            throw new DmaBufException(Errno.EINVAL, "The machine cannot be built: it has no RAM. Add some.");
        }

        PciBarPlacement[][] bars = [.. _endpoints.Select(PlaceBars)];
        PhysicalRange[] mmio = [.. bars.SelectMany(placements => placements, (_, placement) => placement.Range)];
        Check(bars, mmio);

        PhysicalRegion[] ram = [.. RamBlock.Merge(builder.Ram).Select(block => new PhysicalRegion(block.Range, PhysicalMemoryKind.Ram, block.NumaNode))];
        PciTopology topology = new(builder.Processor is { ForwardsPeerTraffic: true });
        PciFunction[] functions =
            [.. _endpoints.Select((endpoint, index) => new PciFunction(endpoint.Definition.Name!, endpoint.Node, endpoint.HostBridge.NumaNode, topology, bars[index]))];
        IEnumerable<PciBar> allBars = functions.SelectMany(function => function.Bars);
        PhysicalMemory memory = new([.. ram, .. allBars.Select(bar => new PhysicalRegion(bar.Range, PhysicalMemoryKind.Mmio, bar.Function.NumaNode, bar))]);
        SoftwareIommu[] iommus = [.. builder.Iommus.Select(iommu => new SoftwareIommu(iommu.Name, iommu.Aperture, iommu.SmallestPage, memory, _faults))];

        RamAllocator allocator = new(memory, ram);
        BouncePool? pool = SetAsidePool(allocator);
        List<DmaEngineDevice> engines = [];
        for (int index = 0; index < functions.Length; index++)
        {
            if (_endpoints[index].Definition.Engine is DmaEngineOptions options)
            {
                engines.Add(CreateEngine(functions[index].Name, functions[index], options, _endpoints[index].HostBridge.DmaOffset, iommus, functions, memory, pool));
            }
        }

        foreach ((string name, DmaEngineOptions options) in builder.PlatformEngines)
        {
            engines.Add(CreateEngine(name, null, options, builder.PlatformDmaOffset, iommus, functions, memory, pool));
        }

        return new SoftwareMachine(memory, allocator, pool, functions, iommus, [.. engines], _faults);
    }

    private static Extent Shift(PhysicalRange range, ulong offset, string what)
    {
        ulong start = unchecked(range.Start.Value + offset);
        return range.Length <= ulong.MaxValue - start
            ? new Extent(start, start + range.Length)
            : throw new DmaBufException(Errno.EINVAL,
                $"The machine cannot be built: {range} with the {what} offset 0x{offset:x} wraps. Choose another offset.");
    }

    private BouncePool? SetAsidePool(RamAllocator allocator)
    {
        if (builder.BouncePoolLength == 0)
        {
            return null;
        }

        return allocator.TrySetAside(builder.BouncePoolLength) is { } range
            ? new BouncePool(range)
            : throw new DmaBufException(
                Errno.EINVAL,
                $"The machine cannot be built: no run of RAM has the 0x{builder.BouncePoolLength:x} bytes of the bounce pool. Add low RAM, or make the pool smaller.");
    }

    private PciBarPlacement[] PlaceBars(PciEndpointPlan endpoint)
    {
        // One BAR that may not be mapped keeps the whole device from serving peers.
        bool mappable = endpoint.Definition.Bars.TrueForAll(bar => bar.Options.Mappable);
        PciBarPlacement[] placements = new PciBarPlacement[endpoint.Definition.Bars.Count];
        for (int index = 0; index < placements.Length; index++)
        {
            (ulong length, PciBarOptions options) = endpoint.Definition.Bars[index];
            // BARs are aligned to their length, and a page stays free behind each: running over one faults.
            ulong start = checked((_nextBar + (length - 1)) & ~(length - 1));
            _nextBar = start + length + MachinePage.Size;
            placements[index] = new PciBarPlacement(new PhysicalRange(new PhysicalAddress(start), length), endpoint.HostBridge.BusOffset, options, options.PeerToPeer && mappable);
        }

        return placements;
    }

    private void Check(PciBarPlacement[][] bars, PhysicalRange[] mmio)
    {
        List<(string Kind, Extent Extent)> spaces = [];
        PhysicalRange[] physical = [.. builder.Ram.Select(ram => ram.Range), .. mmio];
        spaces.AddRange(builder.Ram.Select(ram => ("RAM", Shift(ram.Range, 0, "physical"))));
        spaces.AddRange(mmio.Select(range => ("BAR", Shift(range, 0, "physical"))));
        spaces.AddRange(builder.Iommus.Select(iommu => (
            "I/O virtual", new Extent(iommu.Aperture.Start.Value, iommu.Aperture.Start.Value + iommu.Aperture.Length))));
        foreach (PciBarPlacement bar in bars.SelectMany(placements => placements))
        {
            spaces.Add(("PCI bus", Shift(bar.Range, bar.BusOffset, "bus")));
        }

        foreach (ulong offset in builder.HostBridges.Select(bridge => bridge.DmaOffset).Append(builder.PlatformDmaOffset).Distinct())
        {
            spaces.AddRange(physical.Select(range => ("direct DMA", Shift(range, offset, "DMA"))));
        }

        AddressLayout.Check(spaces);
    }

    private DmaEngineDevice CreateEngine(
        string name, PciFunction? function, DmaEngineOptions options, ulong offset, SoftwareIommu[] iommus, PciFunction[] functions, PhysicalMemory memory, BouncePool? pool)
    {
        if (function is not null && options.NumaNode is { } node)
        {
            throw new DmaBufException(
                Errno.EINVAL,
                $"The machine cannot be built: {name} is on a node of its own, {node}, but a PCI function is on its host bridge's. Give the " +
                "bridge the node.");
        }

        DeviceIdentity identity = new(name, function is null ? options.NumaNode : function.NumaNode, options.LastAddress, options.SegmentLimits, memory, _faults);
        DeviceAddressing addressing;
        if (options.Iommu is null)
        {
            addressing = new DirectAddressing(identity, offset, pool);
        }
        else
        {
            SoftwareIommu iommu = Array.Find(iommus, iommu => iommu.Name == options.Iommu) ?? throw new DmaBufException(
                Errno.ENOENT,
                $"The machine cannot be built: {name} is behind IOMMU {options.Iommu}, which was not added. Add it, or correct the " +
                "name.");
            addressing = new IommuAddressing(identity, iommu);
        }

        PciBar[] peers = function is null
            ? []
            : [.. functions.Where(peer => peer.RouteFrom(function).MapType == PeerToPeerMapType.BusAddress).SelectMany(peer => peer.Bars)];
        return new DmaEngineDevice(identity, function, addressing, peers);
    }
}
