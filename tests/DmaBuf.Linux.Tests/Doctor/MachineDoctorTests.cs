using System.IO.Compression;
using System.Text;

namespace DmaBuf.Linux.Tests;

/// <summary>Each state and its remedy, on this machine and on machines of files.</summary>
public sealed class MachineDoctorTests : LeakCheckedTest
{
    [Fact]
    public void This_machine_has_a_check_for_every_area_and_names_are_unique()
    {
        DoctorReport report = MachineDoctor.Examine();
        Assert.Equal(DoctorReport.Areas, report.Checks.Select(static check => check.Area).Distinct());
        Assert.Equal(report.Checks.Count, report.Checks.DistinctBy(static check => check.Name).Count());
        Assert.True(report.IsUsable("memfd"));
        Assert.NotEqual("", report.KernelRelease);
        Assert.All(report.Checks, static check => Assert.Equal(check.State == DoctorState.Works, check.Remedy is null));
    }

    [Fact]
    public void On_a_machine_without_anything_everything_is_missing_and_no_check_fails()
    {
        using DoctorMachine machine = new();
        DoctorReport report = machine.Examine();
        Assert.Equal(("", null), (report.KernelRelease, report.KernelConfiguration));
        foreach (string area in (string[])["huge-pages", "heap", "udmabuf", "drm", "video", "vfio", "iommufd", "iommu"])
        {
            DoctorCheck check = report.Checks.Single(check => check.Area == area);
            Assert.Equal((DoctorState.Missing, false), (check.State, report.IsUsable(area)));
            Assert.NotNull(check.Remedy);
        }
    }

    [Theory]
    [InlineData("CONFIG_UDMABUF=m", "sudo modprobe udmabuf")]
    [InlineData("# CONFIG_UDMABUF is not set", "a kernel built with CONFIG_UDMABUF (Linux 4.20 or later); this one is not")]
    [InlineData("CONFIG_UDMABUF=y", "CONFIG_UDMABUF is built in, so the node should be there: mount devtmpfs on /dev, or in a container, pass the device through")]
    public void What_a_missing_node_needs_depends_on_the_kernels_configuration(string line, string remedy)
    {
        using DoctorMachine machine = new();
        machine.Write("proc/sys/kernel/osrelease", "7.3.4\n");
        machine.Write("boot/config-7.3.4", $"# comment\nCONFIG_A=y\n{line}\n");
        DoctorReport report = machine.Examine();
        Assert.Equal(("7.3.4", machine.At("boot/config-7.3.4")), (report.KernelRelease, report.KernelConfiguration));
        Assert.Equal(remedy, machine.Check("udmabuf").Remedy);
    }

    [Fact]
    public void The_running_kernels_own_configuration_comes_first()
    {
        using DoctorMachine machine = new();
        using (GZipStream zip = new(File.Create(machine.At("proc/config.gz")), CompressionLevel.Fastest))
        {
            zip.Write(Encoding.ASCII.GetBytes("CONFIG_IOMMUFD=m\n"));
        }

        machine.Write("boot/config-", "CONFIG_IOMMUFD=n\n");
        Assert.Equal("sudo modprobe iommufd", machine.Check("iommufd").Remedy);
    }

    [Fact]
    public void A_configuration_that_is_no_archive_is_not_known()
    {
        using DoctorMachine machine = new();
        machine.Write("proc/config.gz", "CONFIG_IOMMUFD=m\n");
        Assert.Null(machine.Examine().KernelConfiguration);
        Assert.Equal("sudo modprobe iommufd (CONFIG_IOMMUFD, Linux 6.2 or later)", machine.Check("iommufd").Remedy);
    }

    [Theory]
    [InlineData("dma_heap/system", "heap:system", "allocating a page")]
    [InlineData("udmabuf", "udmabuf", "making a dma-buf")]
    [InlineData("dri/renderD128", "drm:renderD128", "asking")]
    [InlineData("video0", "video:video0", "asking")]
    public void A_node_that_is_not_what_its_name_says_is_failing_with_the_errno(string node, string name, string tried)
    {
        using DoctorMachine machine = new();
        machine.Write($"dev/{node}", "no device");
        DoctorCheck check = machine.Check(name);
        Assert.Equal(DoctorState.Failing, check.State);
        Assert.StartsWith(tried, check.Detail, StringComparison.Ordinal);
        Assert.EndsWith("ENOTTY", check.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_that_a_group_may_use_is_forbidden_until_the_user_joins_it()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Giving a file to a group needs root.");
        using DoctorMachine machine = new();
        machine.Write("dev/dri/renderD128", "");
        machine.Write("etc/group", "root:x:0:\nrender:x:4242:somebody\n");
        File.SetUnixFileMode(machine.At("dev/dri/renderD128"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
        DoctorMachine.GiveToGroup(machine.At("dev/dri/renderD128"), 4242);
        DoctorCheck check = WithoutPrivilege.Run(() => machine.Check("drm:renderD128"));
        Assert.Equal((DoctorState.Forbidden, "sudo usermod -aG render $USER, then log in again"), (check.State, check.Remedy));
    }

    [Theory]
    [InlineData("faux/vgem", "faux_driver", "vgem")]
    [InlineData("pci0000:00/0000:00:02.0", "virtio_gpu", "virtio_gpu")]
    [InlineData("platform/simple", null, "simple")]
    public void A_card_is_named_by_its_driver_or_by_itself_if_that_is_the_one_of_all_devices_without_hardware(string device, string? driver, string named)
    {
        using DoctorMachine machine = new();
        machine.Write("dev/dri/card0", "");
        Directory.CreateDirectory(machine.At($"sys/devices/{device}"));
        Directory.CreateDirectory(machine.At("sys/class/drm/card0"));
        File.CreateSymbolicLink(machine.At("sys/class/drm/card0/device"), machine.At($"sys/devices/{device}"));
        if (driver is not null)
        {
            File.CreateSymbolicLink(machine.At($"sys/devices/{device}/driver"), machine.At($"sys/bus/drivers/{driver}"));
        }

        Assert.EndsWith($"device or driver {named}", machine.Check("drm:card0").Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Groups_and_bound_devices_of_VFIO_are_named()
    {
        using DoctorMachine machine = new();
        machine.Write("dev/vfio/vfio", "");
        machine.Write("dev/vfio/12", "");
        Directory.CreateDirectory(machine.At("sys/bus/pci/drivers/vfio-pci/0000:01:00.0"));
        Directory.CreateDirectory(machine.At("sys/kernel/iommu_groups/12/devices/0000:01:00.0"));
        Assert.EndsWith("vfio-pci drives 0000:01:00.0", machine.Check("vfio").Detail, StringComparison.Ordinal);
        Assert.Equal("group 12: 0000:01:00.0; may be opened", machine.Check("vfio:12").Detail);
        Assert.Equal("1 groups of devices behind IOMMUs", machine.Check("iommu").Detail);
    }

    [Fact]
    public void A_small_limit_is_usable_and_says_how_to_raise_it()
    {
        using DoctorMachine machine = new();
        machine.Write("proc/self/limits", "Limit                     Soft Limit           Hard Limit           Units     \nMax locked memory         65536                unlimited            bytes     \nMax open files            unlimited            unlimited            files     \n");
        Assert.Equal((DoctorState.Limited, true), (machine.Check("memlock").State, machine.Check("memlock").IsUsable));
        Assert.StartsWith("ulimit -l", machine.Check("memlock").Remedy, StringComparison.Ordinal);
        Assert.Equal(DoctorState.Works, machine.Check("nofile").State);
    }

    [Fact]
    public void Huge_pages_that_are_reserved_and_taken_are_missing()
    {
        using DoctorMachine machine = new();
        machine.Write("sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "8\n");
        machine.Write("sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "0\n");
        Assert.Equal((DoctorState.Missing, "0 of 8 free of 2048 KiB"), (machine.Check("huge-pages").State, machine.Check("huge-pages").Detail));
        machine.Write("sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "3\n");
        Assert.Equal(DoctorState.Works, machine.Check("huge-pages").State);
    }

    [Theory]
    [InlineData("proc /proc proc rw,hidepid=invisible 0 0", "invisible")]
    [InlineData("proc /proc proc rw,nosuid,hidepid=2,gid=5 0 0", "2")]
    [InlineData("proc /proc proc rw 0 0", "0")]
    [InlineData("x /other proc rw,hidepid=2 0 0", "0")]
    [InlineData("", "0")]
    public void The_mount_option_that_hides_processes_is_found(string mounts, string expected) => Assert.Equal(expected, VisibilityChecks.HiddenProcesses(mounts, "/proc"));
}
