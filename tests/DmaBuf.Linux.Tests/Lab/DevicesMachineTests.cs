namespace DmaBuf.Linux.Tests;

/// <summary>What the machine <c>devices</c> promises.</summary>
[LabMachine(LabMachines.Devices)]
public sealed class DevicesMachineTests : DeviceMachineTests
{
    [Fact]
    public void Groups_are_the_only_way_to_a_device()
    {
        Assert.True(File.Exists("/dev/vfio/vfio"));
        Assert.False(File.Exists("/dev/iommu"));
        Assert.False(Directory.Exists("/dev/vfio/devices"));
    }
}
