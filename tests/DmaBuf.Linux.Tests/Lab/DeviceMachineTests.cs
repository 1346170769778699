namespace DmaBuf.Linux.Tests;

/// <summary>What the machines with devices promise, on either kernel. The addresses are those of lab/machines.sh.</summary>
public abstract class DeviceMachineTests : LabMachineTests
{
    /// <summary>NVMe, the first edu, the isolated ivshmem, and the ivshmem and edu behind the switch.</summary>
    protected static readonly string[] Bound = ["0000:00:08.0", "0000:00:0a.0", "0000:01:00.0", "0000:04:00.0", "0000:05:00.0"];

    private const string Nvme = "1b36:0010", Edu = "1234:11e8", SharedMemory = "1af4:1110", RootPort = "1b36:000c", RandomNumbers = "1af4:1005";

    [Theory]
    [InlineData("0000:00:08.0", Nvme)]
    [InlineData("0000:00:0a.0", Edu)]
    [InlineData("0000:00:0b.0", Edu)]
    [InlineData("0000:00:0d.0", Edu)]
    [InlineData("0000:00:0d.1", RandomNumbers)]
    [InlineData("0000:00:09.0", RootPort)]
    [InlineData("0000:00:0c.0", RootPort)]
    [InlineData("0000:01:00.0", SharedMemory)]
    [InlineData("0000:04:00.0", SharedMemory)]
    [InlineData("0000:05:00.0", Edu)]
    public void The_device_is_at_its_address(string address, string ids) => Assert.Equal(ids, PciIds()[address]);

    [Fact]
    public void Vfio_has_the_devices_and_their_groups()
    {
        foreach (string address in Bound)
        {
            string device = $"/sys/bus/pci/devices/{address}";
            Assert.Equal("vfio-pci", DriverOf(device));
            Assert.True(File.Exists($"/dev/vfio/{Target($"{device}/iommu_group")}"));
        }
    }

    [Fact]
    public void A_second_engine_is_left_without_a_driver() => Assert.Equal("", DriverOf("/sys/bus/pci/devices/0000:00:0b.0"));

    [Fact]
    public void A_third_engine_is_in_one_group_with_a_function_that_a_kernel_driver_has()
    {
        Assert.Equal(("", "virtio-pci"), (DriverOf("/sys/bus/pci/devices/0000:00:0d.0"), DriverOf("/sys/bus/pci/devices/0000:00:0d.1")));
        Assert.Equal(Target("/sys/bus/pci/devices/0000:00:0d.0/iommu_group"), Target("/sys/bus/pci/devices/0000:00:0d.1/iommu_group"));
    }

    [Fact]
    public void The_memory_of_the_isolated_device_has_four_mebibytes() =>
        Assert.Equal(4 << 20, new FileInfo("/sys/bus/pci/devices/0000:01:00.0/resource2").Length);

    [Fact]
    public void The_disk_has_sixteen_mebibytes_of_controller_memory() =>
        Assert.Equal(16 << 20, new FileInfo("/sys/bus/pci/devices/0000:00:08.0/resource2").Length);

    [Fact]
    public void An_iommu_translates() => Assert.NotEmpty(Directory.GetDirectories("/sys/class/iommu", "dmar*"));
}
