namespace DmaBuf.Machine.Tests;

public sealed class HostBridgeWhitelistTests
{
    [Theory]
    [InlineData(0x8086, 0x3C00, PciHostBridgePolicy.SameBridgeOnly)]
    [InlineData(0x8086, 0x3C01, PciHostBridgePolicy.SameBridgeOnly)]
    [InlineData(0x8086, 0x2F00, PciHostBridgePolicy.SameBridgeOnly)]
    [InlineData(0x8086, 0x2F01, PciHostBridgePolicy.SameBridgeOnly)]
    [InlineData(0x8086, 0x2030, PciHostBridgePolicy.Listed)]
    [InlineData(0x8086, 0x2033, PciHostBridgePolicy.Listed)]
    [InlineData(0x8086, 0x2020, PciHostBridgePolicy.Listed)]
    [InlineData(0x8086, 0x09A2, PciHostBridgePolicy.Listed)]
    [InlineData(0x1AE0, 0x0042, PciHostBridgePolicy.Listed)]
    [InlineData(0x8086, 0x2034, PciHostBridgePolicy.NotListed)]
    [InlineData(0x1022, 0x2030, PciHostBridgePolicy.NotListed)]
    public void The_kernels_rows_are_known(int vendor, int device, PciHostBridgePolicy expected)
    {
        Assert.Equal(expected, PciHostBridgeWhitelist.Kernel.PolicyOf(new PciRootDevice((ushort)vendor, (ushort)device)));
        Assert.Equal(expected, PciHostBridgeWhitelist.Kernel.PolicyOf(new PciRootDevice((ushort)vendor, (ushort)device, false, IsRootPort: true)));
        Assert.Equal(PciHostBridgePolicy.NotListed, PciHostBridgeWhitelist.Kernel.PolicyOf(new PciRootDevice((ushort)vendor, (ushort)device, false)));
    }

    [Fact]
    public void An_own_list_replaces_the_kernels()
    {
        PciRootDevice first = new(0x1234, 0x5678);
        SoftwareMachineBuilder builder = TwoRootPorts(first);
        Assert.Equal(PeerToPeerMapType.NotSupported, RouteOn(builder));
        builder.HostBridgeWhitelist = new PciHostBridgeWhitelist(new PciHostBridgeEntry(0x1234, null, SameBridgeOnly: true));
        Assert.Equal(PeerToPeerMapType.ThroughHostBridge, RouteOn(builder));
        builder.HostBridgeWhitelist = new PciHostBridgeWhitelist();
        Assert.Equal(PeerToPeerMapType.NotSupported, RouteOn(builder));
    }

    [Theory]
    [InlineData(ProcessorVendor.Amd, 0x16, PeerToPeerMapType.NotSupported)]
    [InlineData(ProcessorVendor.Amd, 0x17, PeerToPeerMapType.ThroughHostBridge)]
    [InlineData(ProcessorVendor.Amd, 0x1A, PeerToPeerMapType.ThroughHostBridge)]
    [InlineData(ProcessorVendor.Intel, 0x17, PeerToPeerMapType.NotSupported)]
    public void Processors_forward_from_Zen_on(ProcessorVendor vendor, int family, PeerToPeerMapType expected)
    {
        SoftwareMachineBuilder builder = TwoRootPorts(new PciRootDevice(0x1022, 0x1450));
        builder.Processor = new Processor(vendor, family);
        Assert.Equal(expected, RouteOn(builder));
    }

    [Fact]
    public void The_log_names_each_bridge_with_its_bits_and_the_reason()
    {
        SoftwareMachineBuilder builder = new SoftwareMachineBuilder().AddRam(new PhysicalAddress(0x1000_0000), 0x10_000);
        PciSwitchBuilder shared = builder.AddHostBridge().AddRootPort(PciAccessControl.RequestRedirect).AddSwitch(PciAccessControl.SourceValidation);
        shared.AddDownstreamPort(PciAccessControl.CompletionRedirect).AddEndpoint("provider");
        shared.AddDownstreamPort().AddEndpoint("client");
        SoftwareMachine machine = builder.Build();
        PciRouteLog log = machine.GetPciFunction("provider").ExplainRouteFrom(machine.GetPciFunction("client"));
        Assert.Equal(machine.GetPciFunction("provider").RouteFrom(machine.GetPciFunction("client")), log.Route);
        Assert.Equal(["0000:03:00.0", "0000:02:00.0", "0000:01:00.0"], log.ProviderSide.Select(static step => step.Address));
        Assert.Equal(["0000:04:00.0", "0000:02:01.0"], log.ClientSide.Select(static step => step.Address));
        Assert.Equal("0000:01:00.0", log.CommonBridge);
        string text = log.ToString();
        Assert.Contains("provider 0000:02:00.0: ACS CompletionRedirect, redirects", text, StringComparison.Ordinal);
        Assert.Contains("provider 0000:01:00.0: ACS SourceValidation\n", text, StringComparison.Ordinal);
        Assert.Contains("0000:04:00.0 to 0000:03:00.0: NotSupported, distance -1: 0000:02:00.0 redirects", text, StringComparison.Ordinal);
        Assert.DoesNotContain("0000:00", text, StringComparison.Ordinal);
    }

    private static SoftwareMachineBuilder TwoRootPorts(PciRootDevice first)
    {
        SoftwareMachineBuilder builder = new SoftwareMachineBuilder().AddRam(new PhysicalAddress(0x1000_0000), 0x10_000);
        PciHostBridgeBuilder bridge = builder.AddHostBridge(first);
        bridge.AddRootPort().AddEndpoint("provider");
        bridge.AddRootPort().AddEndpoint("client");
        return builder;
    }

    private static PeerToPeerMapType RouteOn(SoftwareMachineBuilder builder)
    {
        SoftwareMachine machine = builder.Build();
        return machine.GetPciFunction("provider").RouteFrom(machine.GetPciFunction("client")).MapType;
    }
}
