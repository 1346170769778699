using DmaBuf.Linux.Tests.Vfio;

namespace DmaBuf.Linux.Tests.Pci;

/// <summary>The lab's machine as its sysfs shows it.</summary>
[LabMachine(LabMachines.Devices)]
[LabMachine(LabMachines.IommuFd)]
public sealed class PciTreeLabTests : LeakCheckedTest
{
    [Fact]
    public void Its_devices_are_bound_in_viable_groups_and_their_bars_are_there()
    {
        PciTree tree = PciTree.Read();
        SysfsPciDevice[] devices = [LabDevices.Edu(tree), LabDevices.Nvme(tree), LabDevices.SharedMemory(tree)];
        Assert.All(devices, device => Assert.True(VfioBinding.Of(device).IsReady, VfioBinding.Of(device).ToString()));
        Assert.All(devices, device => Assert.NotNull(device.AccessControl));
        Assert.Contains(devices[1].Bars, bar => bar is { IsMemory: true, Length: 16 << 20 });
        Assert.Contains(devices[2].Bars, bar => bar is { Index: 2, IsMemory: true, IsPrefetchable: true, Length: 4 << 20 });
        Assert.True(devices[2].Upstream is { IsBridge: true, Driver: "pcieport" });
    }

    [Fact]
    public void Its_host_bridge_is_not_on_the_whitelist_so_peers_have_no_route_through_it()
    {
        PciTree tree = PciTree.Read();
        PciRouteLog log = tree.ExplainRoute(LabDevices.SharedMemory(tree).Address, LabDevices.Edu(tree).Address);
        Assert.Equal((PeerToPeerMapType.NotSupported, -1), (log.Route.MapType, log.Route.Distance));
        Assert.Contains("not on the whitelist", log.Route.Reason, StringComparison.Ordinal);
    }
}
