using DmaBuf.Linux.Tests.Pci;

namespace DmaBuf.Linux.Tests.Vfio;

/// <summary>What is missing before a function can be driven from user space, and the command that changes it.</summary>
public sealed class VfioBindingTests : LeakCheckedTest
{
    [Fact]
    public void A_bound_function_in_a_group_with_ports_and_idle_members_is_ready()
    {
        using SysfsFixture sysfs = new();
        sysfs.Add("0000:00:03.0", driver: "pcieport", group: 3);
        sysfs.Add("0000:00:03.1", group: 3);
        sysfs.Add("0000:00:03.2", driver: "vfio-pci", group: 3);
        VfioBinding binding = VfioBinding.Of(sysfs.Read().Find("00:03.2"));
        Assert.True(binding.IsReady && binding.IsBound && binding.IsViable);
        Assert.Equal((string.Empty, 0), (binding.Command, binding.InTheWay.Count));
    }

    [Fact]
    public void An_unbound_function_is_told_with_the_command_that_binds_it()
    {
        using SysfsFixture sysfs = new();
        sysfs.Add("0000:00:04.0", driver: "nvme", group: 4);
        VfioBinding binding = VfioBinding.Of(sysfs.Read().Find("00:04.0"));
        Assert.False(binding.IsBound || binding.IsReady);
        string bus = sysfs.Root + "/bus/pci";
        Assert.Equal($"echo vfio-pci > {bus}/devices/0000:00:04.0/driver_override && echo 0000:00:04.0 > {bus}/devices/0000:00:04.0/driver/unbind && echo 0000:00:04.0 > {bus}/drivers_probe", binding.Command);
        Assert.Contains("bound to nvme", binding.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_group_with_a_driven_member_is_not_viable_and_names_it()
    {
        using SysfsFixture sysfs = new();
        sysfs.Add("0000:00:1f.0", driver: "vfio-pci", group: 7);
        sysfs.Add("0000:00:1f.2", driver: "ahci", group: 7);
        SysfsPciDevice device = sysfs.Read().Find("00:1f.0");
        VfioBinding binding = VfioBinding.Of(device);
        Assert.True(binding.IsBound && !binding.IsViable && !binding.IsReady);
        Assert.Equal("0000:00:1f.2", Assert.Single(binding.InTheWay).Address);
        Assert.Contains("0000:00:1f.2 (8086:1234) (ahci)", binding.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("devices/0000:00:1f.0", binding.Command, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_an_iommu_the_remedy_is_to_switch_it_on()
    {
        using SysfsFixture sysfs = new();
        sysfs.Add("0000:00:04.0", driver: "vfio-pci");
        SysfsPciDevice device = sysfs.Read().Find("00:04.0");
        Assert.Contains("intel_iommu=on", VfioBinding.Of(device).ToString(), StringComparison.Ordinal);
        Assert.Contains("intel_iommu=on", Refused(Errno.ENODEV, () => VfioGroup.Open(device)).Message, StringComparison.Ordinal);
    }
}
