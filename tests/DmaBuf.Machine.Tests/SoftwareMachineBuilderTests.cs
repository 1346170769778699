namespace DmaBuf.Machine.Tests;

public sealed class SoftwareMachineBuilderTests
{
    [Fact]
    public void The_sample_has_every_way_to_reach_memory()
    {
        SoftwareMachine machine = SoftwareMachine.CreateSample();
        PciFunction gpu = machine.GetPciFunction(SampleMachine.Gpu);
        PciBar bar = Assert.Single(gpu.Bars);
        Assert.Equal(SampleMachine.GpuBarLength, bar.Range.Length);
        Assert.Equal(PhysicalMemoryKind.Mmio, machine.Memory.KindOf(bar.Range));
        Assert.Same(gpu, bar.Provider!.Device);
        Assert.Equal(bar.BusRange.Start.Value, bar.Range.Start.Value + bar.Provider.BusOffset);
        PeerToPeerMapType Route(string engine) => gpu.RouteFrom(machine.GetEngine(engine).PciDevice).MapType;
        Assert.Equal(PeerToPeerMapType.BusAddress, Route(SampleMachine.PeerEngine));
        Assert.Equal(PeerToPeerMapType.ThroughHostBridge, Route(SampleMachine.IommuEngine));
        Assert.Equal(PeerToPeerMapType.ThroughHostBridge, Route(SampleMachine.DirectEngine));
        Assert.Equal(PeerToPeerMapType.NotSupported, Route(SampleMachine.PlatformEngine));
        Assert.Null(machine.GetEngine(SampleMachine.PlatformEngine).PciDevice);
    }

    [Fact]
    public void Functions_are_numbered_depth_first()
    {
        SoftwareMachine machine = SoftwareMachine.CreateSample();
        Assert.Equal(
            ["0000:03:00.0 (gpu)", "0000:04:00.0 (engine-peer)", "0000:05:00.0 (engine-iommu)", "0000:06:00.0 (engine-direct)"],
            machine.PciFunctions.Select(function => function.ToString()));
    }

    [Fact]
    public void BARs_are_aligned_to_their_length_and_do_not_touch()
    {
        SoftwareMachineBuilder builder = Small();
        builder.AddHostBridge().AddRootPort().AddEndpoint("many").AddBar(0x1000).AddBar(0x10_0000).AddBar(0x4000, peerToPeer: false);
        IReadOnlyList<PciBar> bars = builder.Build().GetPciFunction("many").Bars;
        Assert.All(bars, bar => Assert.Equal(0UL, bar.Range.Start.Value % bar.Range.Length));
        Assert.True(bars[1].Range.Start.Value > bars[0].Range.Start.Value + bars[0].Range.Length);
        Assert.True(bars[2].Range.Start.Value > bars[1].Range.Start.Value + bars[1].Range.Length);
        Assert.NotNull(bars[1].Provider);
        Assert.Null(bars[2].Provider);
    }

    [Fact]
    public void Two_machines_of_one_builder_share_nothing()
    {
        SoftwareMachineBuilder builder = SampleMachine.Describe();
        SoftwareMachine first = builder.Build();
        SoftwareMachine second = builder.Build();
        first.Memory.Write(new PhysicalAddress(0x10_0000_0000), [1]);
        byte[] read = new byte[1];
        second.Memory.Read(new PhysicalAddress(0x10_0000_0000), read);
        Assert.Equal(0, read[0]);
    }

    [Fact]
    public void Address_kinds_that_overlap_are_refused()
    {
        SoftwareMachineBuilder noBusOffset = Small();
        noBusOffset.AddHostBridge(busOffset: 0).AddRootPort().AddEndpoint("gpu").AddBar(0x1000);
        Expect.Fails(Errno.EINVAL, () => noBusOffset.Build());
        SoftwareMachineBuilder noDmaOffset = Small();
        noDmaOffset.PlatformDmaOffset = 0;
        Expect.Fails(Errno.EINVAL, () => noDmaOffset.Build());
        Expect.Fails(Errno.EINVAL, () => Small().AddIommu("iommu", new DmaRange(new DmaAddress(0x1000_0000), 0x1000)).Build());
        Expect.Fails(Errno.EINVAL, () => new SoftwareMachineBuilder().AddRam(new PhysicalAddress(0x9000_0000_0000), 0x1000).AddIommu("iommu").Build());
        SoftwareMachineBuilder wraps = Small();
        wraps.PlatformDmaOffset = ulong.MaxValue - 0x1000_0FFF;
        Expect.Fails(Errno.EINVAL, () => wraps.Build());
    }

    [Fact]
    public void Bad_parts_are_refused()
    {
        SoftwareMachineBuilder builder = Small();
        Expect.Fails(Errno.EINVAL, () => new SoftwareMachineBuilder().Build());
        Expect.Fails(Errno.EINVAL, () => builder.AddRam(new PhysicalAddress(0), 0x1000));
        Expect.Fails(Errno.EINVAL, () => builder.AddRam(new PhysicalAddress(0x1000), 0));
        Expect.Fails(Errno.EINVAL, () => builder.AddRam(new PhysicalAddress(0x1001), 0x1000));
        Expect.Fails(Errno.EINVAL, () => builder.AddRam(new PhysicalAddress(0x1000), 1UL << 47));
        Expect.Fails(Errno.EEXIST, () => builder.AddRam(new PhysicalAddress(0x1000_1000), 0x1000));
        Expect.Fails(Errno.EINVAL, () => builder.AddIommu("iommu", new DmaRange(new DmaAddress(1), 0x1000)));
        Expect.Fails(Errno.EINVAL, () => builder.AddHostBridge(busOffset: 1));
        builder.AddIommu("iommu");
        Expect.Fails(Errno.EEXIST, () => builder.AddPlatformDmaEngine("iommu"));
        Assert.Throws<ArgumentNullException>(() => builder.AddIommu(null!));
        Assert.Throws<ArgumentException>(() => builder.AddIommu(""));
        PciPortBuilder port = builder.AddHostBridge().AddRootPort();
        PciEndpointBuilder endpoint = port.AddEndpoint("endpoint");
        Expect.Fails(Errno.EBUSY, () => port.AddEndpoint("second"));
        Expect.Fails(Errno.EBUSY, () => port.AddSwitch());
        Expect.Fails(Errno.EEXIST, () => endpoint.AddFunction("endpoint"));
        Expect.Fails(Errno.EINVAL, () => endpoint.AddBar(0));
        Expect.Fails(Errno.EINVAL, () => endpoint.AddBar(0x3000));
        Expect.Fails(Errno.EINVAL, () => endpoint.AddBar(1UL << 47));
        for (int bar = 0; bar < 6; bar++)
        {
            endpoint.AddBar(0x1000);
        }

        Expect.Fails(Errno.ENOSPC, () => endpoint.AddBar(0x1000));
        SoftwareMachine machine = builder.Build();
        Assert.Equal(["endpoint"], machine.PciFunctions.Select(function => function.Name));
        Expect.Fails(Errno.ENOENT, () => machine.GetEngine("endpoint"));
        Expect.Fails(Errno.ENOENT, () => machine.GetPciFunction("second"));
        Expect.Fails(Errno.ENOENT, () => machine.GetIommu("none"));
        Assert.Throws<ArgumentNullException>(() => machine.GetEngine(null!));
    }

    [Fact]
    public void A_device_behind_an_IOMMU_that_was_not_added_is_refused()
    {
        SoftwareMachineBuilder builder = Small().AddPlatformDmaEngine("engine", new DmaEngineOptions { Iommu = "missing" });
        Assert.Contains("missing", Expect.Fails(Errno.ENOENT, () => builder.Build()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_than_PCI_can_number_is_refused()
    {
        SoftwareMachineBuilder devices = Small();
        PciHostBridgeBuilder bridge = devices.AddHostBridge();
        for (int port = 0; port < 32; port++)
        {
            bridge.AddRootPort();
        }

        Expect.Fails(Errno.ENOSPC, () => devices.Build());
        SoftwareMachineBuilder functions = Small();
        PciEndpointBuilder endpoint = functions.AddHostBridge().AddRootPort().AddEndpoint("0");
        for (int function = 1; function < 9; function++)
        {
            endpoint.AddFunction($"{function}");
        }

        Expect.Fails(Errno.ENOSPC, () => functions.Build());
        SoftwareMachineBuilder buses = Small();
        PciPortBuilder below = buses.AddHostBridge().AddRootPort();
        for (int depth = 0; depth < 130; depth++)
        {
            below = below.AddSwitch().AddDownstreamPort();
        }

        below.AddEndpoint("deep");
        Expect.Fails(Errno.ENOSPC, () => buses.Build());
    }

    private static SoftwareMachineBuilder Small() => new SoftwareMachineBuilder().AddRam(new PhysicalAddress(0x1000_0000), 0x10_000);
}
