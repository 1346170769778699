using System.Diagnostics;

namespace DmaBuf.Linux.Tests;

/// <summary>What every machine of the lab promises (lab/README.md). A device that quietly disappeared must fail here, by its name, and not as a strange errno elsewhere.</summary>
public abstract class LabMachineTests : LeakCheckedTest
{
    [Fact]
    public void The_kernel_is_the_one_that_the_lab_chose()
    {
        Assert.Equal(Environment.GetEnvironmentVariable("DMABUF_LAB_KERNEL"), Read("/proc/sys/kernel/osrelease"));
        Assert.True(Environment.OSVersion.Version >= new Version(7, 3), $"Linux {Environment.OSVersion.Version} is older than what the tests expect.");
    }

    [Fact]
    public void The_tests_run_as_root_and_an_ordinary_user_exists()
    {
        Assert.Equal("root", Environment.UserName);
        Assert.Equal("65534 nobody", AsNobody("echo $(id -u) $(id -un)"));
    }

    [Fact]
    public void An_ordinary_user_reads_the_repository_and_opens_no_device()
    {
        Assert.Equal("readable", AsNobody($"test -r {typeof(LabMachineTests).Assembly.Location} && echo readable"));
        Assert.Equal("refused", AsNobody("cat /dev/udmabuf 2>&1 | grep -q 'Permission denied' && echo refused"));
    }

    [Fact]
    public void The_system_heap_udmabuf_and_huge_pages_are_there()
    {
        Assert.Contains("system", Directory.GetFiles("/dev/dma_heap").Select(Path.GetFileName));
        Assert.True(File.Exists("/dev/udmabuf"));
        Assert.Equal("16", Read("/proc/sys/vm/nr_hugepages"));
    }

    [Fact]
    public void The_kernel_tells_of_its_buffers_in_debugfs() =>
        Assert.StartsWith("\nDma-buf Objects:", File.ReadAllText("/sys/kernel/debug/dma_buf/bufinfo"), StringComparison.Ordinal);

    [Fact]
    public void Vgem_has_a_card_and_a_render_node()
    {
        Assert.Contains("vgem", DrmDrivers("card"));
        Assert.Contains("vgem", DrmDrivers("renderD"));
    }

    [Fact]
    public void One_vivid_maps_foreign_memory_a_second_one_attaches_to_it_and_a_third_has_several_planes()
    {
        string[] names = [.. Directory.GetDirectories("/sys/class/video4linux").Select(node => Read($"{node}/name"))];

        Assert.Contains("vivid-000-vid-cap", names);
        Assert.Contains("vivid-001-vid-cap", names);
        Assert.Contains("vivid-002-vid-cap", names);
        Assert.Contains("vivid-000-vid-out", names);
        Assert.Contains("vivid-002-vid-out", names);
        Assert.StartsWith("0,1,0", Read("/sys/module/vivid/parameters/allocators"), StringComparison.Ordinal);
        Assert.StartsWith("1,1,2", Read("/sys/module/vivid/parameters/multiplanar"), StringComparison.Ordinal);
    }

    /// <summary>The first line of a small file of the kernel, without its end.</summary>
    protected static string Read(string path) => File.ReadLines(path).First().Trim();

    /// <summary>The drivers of all DRM nodes whose name begins so.</summary>
    protected static string[] DrmDrivers(string kind) =>
    [
        .. Directory.GetFiles("/dev/dri", $"{kind}*").Select(node => Read($"/sys/kernel/debug/dri/{Path.GetFileName(node)[kind.Length..]}/name").Split(' ')[0]),
    ];

    /// <summary>The name of the driver that has a device of sysfs, "" if none has it.</summary>
    protected static string DriverOf(string device) => Target($"{device}/driver");

    /// <summary>The last part of where a link of sysfs leads, "" if there is no link.</summary>
    protected static string Target(string link) => Path.GetFileName(new FileInfo(link).LinkTarget) ?? "";

    /// <summary>Every PCI function's ids as "vendor:device", by address.</summary>
    protected static Dictionary<string, string> PciIds() => Directory.GetDirectories("/sys/bus/pci/devices").ToDictionary(
        device => Path.GetFileName(device),
        device => $"{Read($"{device}/vendor")[2..]}:{Read($"{device}/device")[2..]}");

    private static string AsNobody(string command)
    {
        using Process shell = Process.Start(new ProcessStartInfo("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", "/bin/sh", "-c", command])
        {
            RedirectStandardOutput = true,
        })!;
        // Whoever asked for the stream has to close it: Process leaves it open.
        using StreamReader output = shell.StandardOutput;
        string said = output.ReadToEnd().Trim();
        shell.WaitForExit();
        return said;
    }
}
