using System.Text.Json;
using DmaBuf.Linux.Tests.Vfio;

namespace DmaBuf.Linux.Tests;

/// <summary><c>dmabuf explain</c> between devices of a machine.</summary>
[LabMachine(LabMachines.Devices)]
[LabMachine(LabMachines.IommuFd)]
public sealed class DevicesRouteTests : LeakCheckedTest
{
    [Fact]
    public void Peers_on_a_host_bridge_that_is_not_listed_are_told_so()
    {
        PciTree tree = PciTree.Read();
        (string provider, string client) = (LabDevices.SharedMemory(tree).Address, LabDevices.Edu(tree).Address);
        JsonElement route = LabTool.RunJson("explain", "--from", provider, "--to", client);
        Assert.Equal((provider, client), (route.GetProperty("from").GetProperty("address").GetString(), route.GetProperty("to").GetProperty("address").GetString()));
        Assert.Equal(("NotSupported", -1, false), (route.GetProperty("mapType").GetString(), route.GetProperty("distance").GetInt32(), route.GetProperty("reachable").GetBoolean()));
        Assert.Contains("not on the whitelist", route.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal("vfio-pci", route.GetProperty("to").GetProperty("driver").GetString());
    }
}
