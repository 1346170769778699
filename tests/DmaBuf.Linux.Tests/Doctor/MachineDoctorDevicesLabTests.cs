namespace DmaBuf.Linux.Tests;

/// <summary>The doctor on the machine that has an IOMMU and devices for vfio-pci.</summary>
[LabMachine(LabMachines.Devices)]
public sealed class MachineDoctorDevicesLabTests : LeakCheckedTest
{
    [Fact]
    public void The_IOMMU_and_the_container_work_and_the_kernel_without_iommufd_is_named()
    {
        DoctorReport report = MachineDoctor.Examine();
        Assert.Equal(DoctorState.Works, Check(report, "iommu").State);
        Assert.True(Check(report, "vfio").IsUsable);
        Assert.Equal(DoctorState.Missing, Check(report, "iommufd").State);
        Assert.Contains("CONFIG_IOMMUFD", Check(report, "iommufd").Remedy, StringComparison.Ordinal);
        string[] bound = [.. Directory.EnumerateDirectories("/sys/bus/pci/drivers/vfio-pci").Select(static path => Path.GetFileName(path)).Where(static name => name.Contains(':', StringComparison.Ordinal))];
        Assert.All(bound, address => Assert.Contains(address, Check(report, "vfio").Detail, StringComparison.Ordinal));
        Assert.Equal(bound.Length > 0 ? DoctorState.Works : DoctorState.Limited, Check(report, "vfio").State);
    }

    private static DoctorCheck Check(DoctorReport report, string name) => report.Checks.Single(check => check.Name == name);
}
