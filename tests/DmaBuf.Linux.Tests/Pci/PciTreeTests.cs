namespace DmaBuf.Linux.Tests.Pci;

/// <summary>The tree of sysfs, read once: what a function is, and how peers reach it.</summary>
public sealed class PciTreeTests : LeakCheckedTest
{
    private const ushort Redirect = 0x04;
    private const int RootPort = 4;
    private const int UpstreamPort = 5;
    private const int DownstreamPort = 6;

    [Fact]
    public void A_function_shows_its_bars_driver_group_node_and_place()
    {
        using SysfsFixture sysfs = new();
        sysfs.Add("0000:00:00.0");
        sysfs.Add("0000:00:03.0", classCode: 0x060400, driver: "pcieport", group: 3);
        sysfs.Add("0000:01:00.0", "0000:00:03.0", "1af4:1110", driver: "vfio-pci", group: 8, numaNode: "1", resource:
            "0x00000000fe800000 0x00000000fe8000ff 0x0000000000040200\n0x0000000000000000 0x0000000000000000 0x0000000000000000\n0x0000000000001000 0x000000000000101f 0x0000000000040101\n"
            + "0x0000383800000000 0x00003838003fffff 0x000000000014220c\n");
        PciTree tree = sysfs.Read();
        SysfsPciDevice device = tree.Find("01:00.0");
        Assert.Equal<(int, int, string?, int?, int?)>((0x1af4, 0x1110, "vfio-pci", 8, 1), (device.Vendor, device.DeviceId, device.Driver, device.IommuGroup, device.NumaNode));
        Assert.Equal(
            [new SysfsPciBar(0, new(0xfe800000), 0x100, true, false), new(2, new(0x1000), 0x20, false, false), new(3, new(0x383800000000), 0x400000, true, true)], device.Bars);
        Assert.Equal("0000:00:03.0", device.Upstream!.Address);
        Assert.True(device.Upstream.IsBridge && device.Upstream.Upstream is null && device.Upstream.NumaNode is null);
        Assert.Equal(["0000:00:00.0", "0000:00:03.0", "0000:01:00.0"], tree.Devices.Select(one => one.Address));
        Assert.Same(device, Assert.Single(tree.Find(0x1af4, 0x1110)));
    }

    [Fact]
    public void An_address_that_cannot_be_is_EINVAL_and_one_that_is_not_there_ENODEV()
    {
        using SysfsFixture sysfs = new();
        sysfs.Add("0000:00:00.0");
        PciTree tree = sysfs.Read();
        Assert.Contains("lspci -D", Refused(Errno.EINVAL, () => tree.Find("00:00")).Message, StringComparison.Ordinal);
        Refused(Errno.EINVAL, () => tree.Find("0000:00:20.0"));
        Assert.Contains("0000:00:04.0", Refused(Errno.ENODEV, () => tree.Find("00:04.0")).Message, StringComparison.Ordinal);
        string none = Path.Combine(sysfs.Root, "none");
        Assert.Contains("mount -t sysfs", Refused(Errno.ENOENT, () => PciTree.Read(none)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Below_one_switch_without_redirect_peers_use_bus_addresses()
    {
        using SysfsFixture sysfs = Switch(0);
        PeerToPeerRoute route = Route(sysfs.Read());
        Assert.Equal((PeerToPeerMapType.BusAddress, 4), (route.MapType, route.Distance));
    }

    [Fact]
    public void A_redirecting_port_sends_peers_to_the_host_bridge_which_must_be_known_to_forward()
    {
        using SysfsFixture listed = Switch(Redirect, root: "8086:2030");
        PeerToPeerRoute route = Route(listed.Read());
        Assert.Equal((PeerToPeerMapType.ThroughHostBridge, 4), (route.MapType, route.Distance));
        Assert.Contains("redirects", route.Reason, StringComparison.Ordinal);
        using SysfsFixture other = Switch(Redirect);
        Assert.Equal((PeerToPeerMapType.NotSupported, -1), (Route(other.Read()).MapType, Route(other.Read()).Distance));
        Assert.Equal(PeerToPeerMapType.ThroughHostBridge, Route(other.Read(new Processor(ProcessorVendor.Amd, 0x17))).MapType);
    }

    [Fact]
    public void Access_control_that_cannot_be_read_leaves_the_route_unknown_with_that_reason()
    {
        using SysfsFixture sysfs = Switch(0, privileged: false);
        PeerToPeerRoute route = Route(sysfs.Read());
        Assert.Equal((PeerToPeerMapType.Unknown, -1), (route.MapType, route.Distance));
        Assert.Contains("access control bits of 0000:", route.Reason, StringComparison.Ordinal);
        Assert.Null(sysfs.Read().Find("03:00.0").AccessControl);
    }

    [Fact]
    public void Two_host_bridges_must_both_be_listed_and_known()
    {
        using SysfsFixture sysfs = new();
        sysfs.Add("0000:00:00.0", identity: "8086:2030");
        sysfs.Add("0000:00:01.0");
        sysfs.Add("0000:80:02.0", identity: "8086:2030", hostBridge: "pci0000:80", config: SysfsFixture.Express(RootPort));
        PciTree tree = sysfs.Read();
        Assert.Equal(PeerToPeerMapType.ThroughHostBridge, tree.Find("00:01.0").RouteFrom(tree.Find("80:02.0")).MapType);
        using SysfsFixture unread = new();
        unread.Add("0000:00:00.0", identity: "8086:2030");
        unread.Add("0000:00:01.0");
        unread.Add("0000:80:02.0", identity: "8086:2030", hostBridge: "pci0000:80", config: SysfsFixture.HeaderOnly(SysfsFixture.Express(RootPort)));
        tree = unread.Read();
        PeerToPeerRoute route = tree.Find("00:01.0").RouteFrom(tree.Find("80:02.0"));
        Assert.Equal(PeerToPeerMapType.Unknown, route.MapType);
        Assert.Contains("host bridge could not be identified", route.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bus_that_a_driver_makes_has_a_host_bridge_of_its_own()
    {
        using SysfsFixture sysfs = new();
        sysfs.Add("0000:00:00.0", identity: "8086:2030");
        sysfs.Add("0000:00:0e.0");
        sysfs.Add("10000:e0:01.0", hostBridge: "pci0000:00/0000:00:0e.0/pci10000:e0");
        SysfsPciDevice behind = sysfs.Read().Find("10000:e0:01.0");
        Assert.Null(behind.Upstream);
        Assert.Equal(PciHostBridgePolicy.NotListed, behind.HostBridgePolicy);
        Assert.Equal(PeerToPeerMapType.NotSupported, behind.RouteFrom(behind.Tree.Find("00:0e.0")).MapType);
    }

    [Fact]
    public void A_client_that_is_no_pci_device_or_of_another_snapshot_has_no_route()
    {
        using SysfsFixture sysfs = new();
        sysfs.Add("0000:00:00.0");
        SysfsPciDevice device = sysfs.Read().Find("00:00.0");
        Assert.Equal((PeerToPeerMapType.NotSupported, -1), (device.RouteFrom(null).MapType, device.RouteFrom(null).Distance));
        Assert.Equal(PeerToPeerMapType.NotSupported, device.RouteFrom(sysfs.Read().Find("00:00.0")).MapType);
        Assert.Equal((PeerToPeerMapType.BusAddress, 0), (device.RouteFrom(device).MapType, device.RouteFrom(device).Distance));
    }

    [Fact]
    public void The_route_between_two_addresses_is_told_with_each_port_on_the_way()
    {
        using SysfsFixture sysfs = Switch(Redirect);
        PciRouteLog log = sysfs.Read().ExplainRoute("03:00.0", "04:00.0");
        Assert.Equal("0000:01:00.0", log.CommonBridge);
        Assert.Equal(["0000:03:00.0", "0000:02:00.0", "0000:01:00.0"], log.ProviderSide.Select(step => step.Address));
        Assert.Contains("0000:02:00.0: ACS RequestRedirect, redirects", log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_capability_list_that_runs_in_a_circle_ends()
    {
        byte[] config = SysfsFixture.Express(RootPort);
        config[0x40] = 0x05;
        config[0x41] = 0x40;
        BitConverter.TryWriteBytes(config.AsSpan(0x100), 0x0001u | (0x1u << 16) | (0x100u << 20));
        PciConfigSpace read = new(config);
        Assert.Equal((false, PciAccessControl.None, -1), (read.IsRootPort, read.AccessControl, read.Find(0x10)));
    }

    private static PeerToPeerRoute Route(PciTree tree) => tree.Find("03:00.0").RouteFrom(tree.Find("04:00.0"));

    /// <summary>A root port, a switch of two downstream ports, a function below each; the first downstream port has the access control bits.</summary>
    private static SysfsFixture Switch(ushort accessControl, string root = "8086:29c0", bool privileged = true)
    {
        SysfsFixture sysfs = new();
        sysfs.Add("0000:00:00.0", identity: root, config: Config(0));
        sysfs.Add("0000:00:1c.0", config: Config(RootPort, 0));
        sysfs.Add("0000:01:00.0", "0000:00:1c.0", config: Config(UpstreamPort));
        sysfs.Add("0000:02:00.0", "0000:01:00.0", config: Config(DownstreamPort, accessControl));
        sysfs.Add("0000:02:01.0", "0000:01:00.0", config: Config(DownstreamPort, 0));
        sysfs.Add("0000:03:00.0", "0000:02:00.0", config: Config(0));
        sysfs.Add("0000:04:00.0", "0000:02:01.0", config: Config(0));
        return sysfs;

        byte[] Config(int type, ushort? bits = null) => privileged ? SysfsFixture.Express(type, bits) : SysfsFixture.HeaderOnly(SysfsFixture.Express(type, bits));
    }
}
