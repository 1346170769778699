namespace DmaBuf.Machine.Tests;

/// <summary>The table of test vectors of section 4.9 of the specification, and the rules above it.</summary>
public sealed class PeerToPeerRouteTests
{
    [Fact]
    public void The_same_function_is_reached_by_bus_address_at_distance_0()
    {
        (PciFunction provider, _) = TwoBelowOneSwitch(PciAccessControl.RequestRedirect);
        AssertRoute(PeerToPeerMapType.BusAddress, 0, provider.RouteFrom(provider));
    }

    [Fact]
    public void Two_endpoints_below_one_switch_use_bus_addresses_at_distance_4()
    {
        (PciFunction provider, PciFunction client) = TwoBelowOneSwitch();
        AssertRoute(PeerToPeerMapType.BusAddress, 4, provider.RouteFrom(client));
        AssertRoute(PeerToPeerMapType.BusAddress, 4, client.RouteFrom(provider));
    }

    [Theory]
    [InlineData(PciAccessControl.RequestRedirect)]
    [InlineData(PciAccessControl.CompletionRedirect)]
    [InlineData(PciAccessControl.EgressControl)]
    public void A_redirect_on_one_downstream_port_forces_traffic_to_the_host_bridge(PciAccessControl redirect)
    {
        (PciFunction provider, PciFunction client) = TwoBelowOneSwitch(redirect, policy: PciHostBridgePolicy.Listed);
        AssertRoute(PeerToPeerMapType.ThroughHostBridge, 4, provider.RouteFrom(client));
        AssertRoute(PeerToPeerMapType.ThroughHostBridge, 4, client.RouteFrom(provider));
        Assert.Contains("0000:02:00.0 redirects", client.RouteFrom(provider).Reason, StringComparison.Ordinal);

        (provider, client) = TwoBelowOneSwitch(redirect, policy: PciHostBridgePolicy.NotListed);
        AssertRoute(PeerToPeerMapType.NotSupported, -1, provider.RouteFrom(client));
        AssertRoute(PeerToPeerMapType.NotSupported, -1, client.RouteFrom(provider));
        Assert.Contains("whitelist", client.RouteFrom(provider).Reason, StringComparison.Ordinal);

        (provider, client) = TwoBelowOneSwitch(redirect, policy: PciHostBridgePolicy.NotListed, processorForwards: true);
        AssertRoute(PeerToPeerMapType.ThroughHostBridge, 4, provider.RouteFrom(client));
    }

    [Theory]
    [InlineData(PciAccessControl.None, PciHostBridgePolicy.Listed)]
    [InlineData(PciAccessControl.RequestRedirect, PciHostBridgePolicy.Listed)]
    [InlineData(PciAccessControl.None, PciHostBridgePolicy.SameBridgeOnly)]
    public void Two_root_ports_of_a_whitelisted_host_bridge_go_through_it_whatever_the_redirects(PciAccessControl redirect, PciHostBridgePolicy policy)
    {
        (PciFunction provider, PciFunction client) = TwoRootPorts(policy, redirect);
        AssertRoute(PeerToPeerMapType.ThroughHostBridge, 4, provider.RouteFrom(client));
    }

    [Fact]
    public void Two_root_ports_of_an_unlisted_host_bridge_have_no_route()
    {
        (PciFunction provider, PciFunction client) = TwoRootPorts(PciHostBridgePolicy.NotListed, PciAccessControl.None);
        AssertRoute(PeerToPeerMapType.NotSupported, -1, provider.RouteFrom(client));
    }

    [Theory]
    [InlineData(PciHostBridgePolicy.Listed, PciHostBridgePolicy.SameBridgeOnly, false)]
    [InlineData(PciHostBridgePolicy.SameBridgeOnly, PciHostBridgePolicy.Listed, false)]
    [InlineData(PciHostBridgePolicy.Listed, PciHostBridgePolicy.NotListed, false)]
    [InlineData(PciHostBridgePolicy.NotListed, PciHostBridgePolicy.Listed, false)]
    [InlineData(PciHostBridgePolicy.Listed, PciHostBridgePolicy.Listed, true)]
    public void Two_host_bridges_must_both_be_listed_without_restriction(PciHostBridgePolicy first, PciHostBridgePolicy second, bool permitted)
    {
        SoftwareMachineBuilder builder = NewBuilder();
        builder.AddHostBridge(first).AddRootPort().AddEndpoint("provider").AddBar(0x10_000);
        builder.AddHostBridge(second).AddRootPort().AddEndpoint("client");
        SoftwareMachine machine = builder.Build();
        PeerToPeerRoute route = machine.GetPciFunction("provider").RouteFrom(machine.GetPciFunction("client"));
        AssertRoute(permitted ? PeerToPeerMapType.ThroughHostBridge : PeerToPeerMapType.NotSupported, permitted ? 4 : -1, route);
    }

    [Fact]
    public void A_client_that_is_no_PCI_device_has_no_route()
    {
        SoftwareMachine machine = SoftwareMachine.CreateSample();
        PciFunction gpu = machine.GetPciFunction(SampleMachine.Gpu);
        AssertRoute(PeerToPeerMapType.NotSupported, -1, gpu.RouteFrom(null));
        AssertRoute(PeerToPeerMapType.NotSupported, -1, gpu.RouteFrom(machine.GetEngine(SampleMachine.PlatformEngine).PciDevice));
    }

    [Fact]
    public void A_client_of_another_machine_has_no_route()
    {
        PciFunction gpu = SoftwareMachine.CreateSample().GetPciFunction(SampleMachine.Gpu);
        PciFunction other = SoftwareMachine.CreateSample().GetPciFunction(SampleMachine.Gpu);
        AssertRoute(PeerToPeerMapType.NotSupported, -1, gpu.RouteFrom(other));
    }

    [Fact]
    public void Two_functions_of_one_slot_lie_at_distance_2()
    {
        SoftwareMachineBuilder builder = NewBuilder();
        builder.AddHostBridge().AddRootPort().AddEndpoint("provider").AddFunction("client");
        SoftwareMachine machine = builder.Build();
        Assert.Equal("0000:01:00.1", machine.GetPciFunction("client").Address);
        AssertRoute(PeerToPeerMapType.BusAddress, 2, machine.GetPciFunction("provider").RouteFrom(machine.GetPciFunction("client")));
    }

    [Theory]
    [InlineData(PciAccessControl.None, PeerToPeerMapType.BusAddress, 2)]
    [InlineData(PciAccessControl.RequestRedirect, PeerToPeerMapType.NotSupported, -1)]
    public void A_function_of_a_slot_can_redirect_by_itself(PciAccessControl redirect, PeerToPeerMapType expected, int distance)
    {
        SoftwareMachineBuilder builder = NewBuilder();
        builder.AddHostBridge().AddRootPort().AddEndpoint("provider").AddFunction("client", redirect);
        SoftwareMachine machine = builder.Build();
        AssertRoute(expected, distance, machine.GetPciFunction("provider").RouteFrom(machine.GetPciFunction("client")));
    }

    [Theory]
    [InlineData(PciAccessControl.None, PciAccessControl.None, PeerToPeerMapType.BusAddress, 6)]
    [InlineData(PciAccessControl.RequestRedirect, PciAccessControl.None, PeerToPeerMapType.NotSupported, -1)]
    [InlineData(PciAccessControl.None, PciAccessControl.RequestRedirect, PeerToPeerMapType.BusAddress, 6)]
    public void The_common_bridge_counts_and_what_lies_above_it_does_not(PciAccessControl common, PciAccessControl above, PeerToPeerMapType expected, int distance)
    {
        SoftwareMachineBuilder builder = NewBuilder();
        PciSwitchBuilder outer = builder.AddHostBridge().AddRootPort(above).AddSwitch(common);
        outer.AddDownstreamPort().AddEndpoint("provider");
        outer.AddDownstreamPort().AddSwitch().AddDownstreamPort().AddEndpoint("client");
        SoftwareMachine machine = builder.Build();
        AssertRoute(expected, distance, machine.GetPciFunction("provider").RouteFrom(machine.GetPciFunction("client")));
    }

    [Fact]
    public void Asking_for_a_route_allocates_nothing()
    {
        (PciFunction provider, PciFunction client) = TwoBelowOneSwitch();
        provider.RouteFrom(client);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int count = 0; count < 100; count++)
        {
            provider.RouteFrom(client);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static SoftwareMachineBuilder NewBuilder() => new SoftwareMachineBuilder().AddRam(new PhysicalAddress(0x1000_0000), 0x10_000);

    private static void AssertRoute(PeerToPeerMapType type, int distance, PeerToPeerRoute route)
    {
        Assert.Equal((type, distance), (route.MapType, route.Distance));
        Assert.NotEmpty(route.Reason);
    }

    private static (PciFunction Provider, PciFunction Client) TwoBelowOneSwitch(
        PciAccessControl providerPort = PciAccessControl.None, PciHostBridgePolicy policy = PciHostBridgePolicy.NotListed, bool processorForwards = false)
    {
        SoftwareMachineBuilder builder = NewBuilder();
        builder.Processor = processorForwards ? new Processor(ProcessorVendor.Amd, 0x17) : null;
        PciSwitchBuilder shared = builder.AddHostBridge(policy).AddRootPort().AddSwitch();
        shared.AddDownstreamPort(providerPort).AddEndpoint("provider").AddBar(0x10_000);
        shared.AddDownstreamPort().AddEndpoint("client");
        SoftwareMachine machine = builder.Build();
        return (machine.GetPciFunction("provider"), machine.GetPciFunction("client"));
    }

    private static (PciFunction Provider, PciFunction Client) TwoRootPorts(PciHostBridgePolicy policy, PciAccessControl redirect)
    {
        SoftwareMachineBuilder builder = NewBuilder();
        PciHostBridgeBuilder bridge = builder.AddHostBridge(policy);
        bridge.AddRootPort(redirect).AddEndpoint("provider").AddBar(0x10_000);
        bridge.AddRootPort(redirect).AddEndpoint("client");
        SoftwareMachine machine = builder.Build();
        return (machine.GetPciFunction("provider"), machine.GetPciFunction("client"));
    }
}
