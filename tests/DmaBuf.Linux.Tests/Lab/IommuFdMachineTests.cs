namespace DmaBuf.Linux.Tests;

/// <summary>What the machine <c>iommufd</c> promises: the devices of <c>devices</c> on a kernel that has iommufd and VFIO's device nodes.</summary>
[LabMachine(LabMachines.IommuFd)]
public sealed class IommuFdMachineTests : DeviceMachineTests
{
    [Fact]
    public void The_kernel_has_iommufd() => Assert.True(File.Exists("/dev/iommu"));

    [Fact]
    public void Each_bound_device_has_a_node_of_its_own() => Assert.Equal(Bound.Length, Directory.GetFiles("/dev/vfio/devices").Length);

    [Fact]
    public void The_kernel_can_make_fences_for_tests() => Assert.True(File.Exists("/sys/kernel/debug/sync/sw_sync"));
}
