namespace DmaBuf.Linux.Tests.Vfio;

/// <summary>Two functions that the IOMMU cannot tell apart: while a kernel driver has the other, the one that is bound cannot be used, and the refusal names who is in the way and the command.</summary>
[LabMachine(LabMachines.Devices)]
public sealed class GroupViabilityTests : LeakCheckedTest
{
    private const string Engine = "0000:00:0d.0";
    private const string Neighbour = "0000:00:0d.1";
    private const string Bus = "/sys/bus/pci";

    [Fact]
    public void A_group_of_which_a_kernel_driver_holds_a_member_is_refused_by_name_and_command_until_that_lets_go()
    {
        PciTree tree = PciTree.Read();
        SysfsPciDevice neighbour = tree.Find(Neighbour);
        Assert.Equal(tree.Find(Engine).IommuGroup, neighbour.IommuGroup);
        Assert.Equal("virtio-pci", neighbour.Driver);
        Bind(Engine, "vfio-pci");
        try
        {
            SysfsPciDevice engine = PciTree.Read().Find(Engine);
            VfioBinding binding = VfioBinding.Of(engine);
            Assert.True(binding.IsBound && !binding.IsViable);
            Assert.Equal(Neighbour, Assert.Single(binding.InTheWay).Address);

            DmaBufException refused = Refused(Errno.EPERM, () => VfioGroup.Open(engine).Dispose());
            Assert.Contains("not viable", refused.Message, StringComparison.Ordinal);
            Assert.Contains($"{Neighbour} (1af4:", refused.Message, StringComparison.Ordinal);
            Assert.Contains("(virtio-pci)", refused.Message, StringComparison.Ordinal);
            Assert.Contains($"echo {Neighbour} > {Bus}/devices/{Neighbour}/driver/unbind", refused.Message, StringComparison.Ordinal);

            // As the message says, but for the driver that it gets: without one it does no harm.
            File.WriteAllText($"{Bus}/devices/{Neighbour}/driver/unbind", Neighbour);
            SysfsPciDevice free = PciTree.Read().Find(Engine);
            Assert.True(VfioBinding.Of(free).IsReady);
            using VfioContainer container = VfioContainer.Open();
            using VfioGroup group = VfioGroup.Open(free);
            container.Add(group);
            using VfioDevice device = group.OpenDevice(free);
            Assert.Equal(1UL << 20, device.Bar(0).Length);
        }
        finally
        {
            Bind(Engine, null);
            Bind(Neighbour, null);
        }

        Assert.Equal((null, "virtio-pci"), (PciTree.Read().Find(Engine).Driver, PciTree.Read().Find(Neighbour).Driver));
    }

    /// <summary>Gives a function to a driver by name, or to whichever takes it by itself.</summary>
    private static void Bind(string address, string? driver)
    {
        string device = $"{Bus}/devices/{address}";
        File.WriteAllText($"{device}/driver_override", driver ?? "\n");
        if (Directory.Exists($"{device}/driver"))
        {
            File.WriteAllText($"{device}/driver/unbind", address);
        }

        File.WriteAllText($"{Bus}/drivers_probe", address);
    }
}
