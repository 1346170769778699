namespace DmaBuf.Machine;

/// <summary>
/// Makes a machine from its description: number the PCI tree, place the BARs, check that the kinds of addresses lie apart, then create
/// regions, functions, IOMMUs and devices. All that can fail comes before anything is created that somebody could hold.
/// </summary>
internal sealed class MachineAssembly(SoftwareMachineBuilder builder)
{
    private readonly DmaFaultLog _faults = new();
    private readonly (List<PciEndpointPlan> Endpoints, List<PciPortPlan> Ports) _tree = PciEnumeration.Run(builder.HostBridges, builder.HostBridgeWhitelist);

    public SoftwareMachine Assemble()
    {
        if (builder.Ram.Count == 0)
        {
            throw new DmaBufException(Errno.EINVAL, "The machine cannot be built: it has no RAM. Add some.");
        }

        PciBarPlacer placer = new();
        PciBarPlacement[][] bars = [.. _tree.Endpoints.Select(placer.Place)];
        PhysicalRange[] mmio = [.. bars.SelectMany(placements => placements, (_, placement) => placement.Range)];
        Check(bars, mmio);

        PhysicalRegion[] ram = [.. RamBlock.Merge(builder.Ram).Select(block => new PhysicalRegion(block.Range, PhysicalMemoryKind.Ram, block.NumaNode))];
        PciTopology topology = new(builder.Processor is { ForwardsPeerTraffic: true });
        PciFunction[] functions =
            [.. _tree.Endpoints.Select((endpoint, index) => new PciFunction(endpoint.Name, endpoint.Node, endpoint.HostBridge.NumaNode, topology, bars[index], endpoint.IsThere))];
        JoinVirtual(functions);
        IEnumerable<PciBar> allBars = functions.SelectMany(function => function.Bars);
        PhysicalMemory memory = new([.. ram, .. allBars.Select(bar => new PhysicalRegion(bar.Range, PhysicalMemoryKind.Mmio, bar.Function.NumaNode, bar))]);
        SoftwareIommu[] iommus = [.. builder.Iommus.Select(iommu => new SoftwareIommu(iommu.Name, iommu.Aperture, iommu.SmallestPage, memory, _faults))];

        RamAllocator allocator = new(memory, ram);
        BouncePool? pool = SetAsidePool(allocator);
        List<DmaEngineDevice> engines = [];
        for (int index = 0; index < functions.Length; index++)
        {
            if (_tree.Endpoints[index].Definition.Engine is DmaEngineOptions options)
            {
                engines.Add(CreateEngine(functions[index].Name, functions[index], options, _tree.Endpoints[index].HostBridge.DmaOffset, iommus, functions, memory, pool));
            }
        }

        foreach ((string name, DmaEngineOptions options) in builder.PlatformEngines)
        {
            engines.Add(CreateEngine(name, null, options, builder.PlatformDmaOffset, iommus, functions, memory, pool));
        }

        return new SoftwareMachine(memory, allocator, pool, functions, CreatePorts(functions), iommus, [.. engines], _faults);
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

    private void JoinVirtual(PciFunction[] functions)
    {
        // Functions and plans stand in the same order, and addresses of virtual functions ascend with their index.
        foreach (IGrouping<uint, int> group in Enumerable.Range(0, functions.Length).Where(index => PhysicalOf(index) is not null).GroupBy(index => PhysicalOf(index)!.Value.Function.Id))
        {
            PciFunction physical = Array.Find(functions, function => function.Node.Id == group.Key)!;
            physical.Adopt([.. group.Select(index => functions[index])], PhysicalOf(group.First())!.Value.Options.Enabled);
        }

        (PciNode Function, int Index, PciVirtualFunctionOptions Options)? PhysicalOf(int index) => _tree.Endpoints[index].Physical;
    }

    private PciPort[] CreatePorts(PciFunction[] functions)
    {
        Dictionary<uint, PciPort> ports = [];
        foreach (PciPortPlan plan in _tree.Ports)
        {
            PciPort? upstream = plan.Node.Upstream is { } above ? ports[above.Id] : null;
            ports.Add(plan.Node.Id, new PciPort(plan.Node, plan.Kind, upstream, [.. functions.Where(function => function.Node.IsBelow(plan.Node))]));
        }

        foreach (PciFunction function in functions)
        {
            function.Port = ports[function.Node.Upstream!.Id];
        }

        return [.. ports.Values.OrderBy(static port => port.Address, StringComparer.Ordinal)];
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
            : [.. functions.Where(peer => peer.Bars.Count != 0 && PciRouting.Find(peer.Node, function.Node, processorForwards: false).MapType == PeerToPeerMapType.BusAddress).SelectMany(peer => peer.Bars)];
        return new DmaEngineDevice(identity, function, addressing, peers);
    }
}
