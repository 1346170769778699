namespace DmaBuf.Linux.Tests;

public sealed class MemoryHeadroomTests : LeakCheckedTest
{
    private const ulong Mebibyte = 1 << 20;

    [Fact]
    public void This_machine_has_some() =>
        Assert.InRange(MemoryHeadroom.Read().AvailableBytes, Mebibyte, ulong.MaxValue - 1);

    [Fact]
    public void Without_control_groups_the_machine_decides()
    {
        using Root root = new("0::/\n");
        Assert.Equal(1000 * Mebibyte, root.Read().AvailableBytes);
        Assert.Contains("MemAvailable", root.Read().Source, StringComparison.Ordinal);
    }

    [Fact]
    public void The_tightest_level_of_version_2_decides_and_idle_cache_counts_as_free()
    {
        using Root root = new("0::/service/worker\n");
        root.Write("sys/fs/cgroup/service/worker/memory.max", "max\n");
        root.Write("sys/fs/cgroup/service/worker/memory.current", "1\n");
        root.Write("sys/fs/cgroup/service/memory.max", $"{100 * Mebibyte}\n");
        root.Write("sys/fs/cgroup/service/memory.current", $"{80 * Mebibyte}\n");
        root.Write("sys/fs/cgroup/service/memory.stat", $"anon 5\ninactive_file {30 * Mebibyte}\n");
        Assert.Equal(50 * Mebibyte, root.Read().AvailableBytes);
        Assert.EndsWith("service/memory.max", root.Read().Source, StringComparison.Ordinal);
    }

    [Fact]
    public void Version_1_is_found_among_other_controllers()
    {
        using Root root = new("5:cpu,cpuacct:/\n4:memory:/box\n0::/\n");
        root.Write("sys/fs/cgroup/memory/box/memory.limit_in_bytes", $"{10 * Mebibyte}\n");
        root.Write("sys/fs/cgroup/memory/box/memory.usage_in_bytes", $"{4 * Mebibyte}\n");
        Assert.Equal(6 * Mebibyte, root.Read().AvailableBytes);
    }

    [Fact]
    public void A_group_whose_path_lies_outside_the_mount_is_judged_by_the_mounts_root()
    {
        using Root root = new("0::/host/only/path\n");
        root.Write("sys/fs/cgroup/memory.max", $"{3 * Mebibyte}\n");
        root.Write("sys/fs/cgroup/memory.current", "0\n");
        Assert.Equal(3 * Mebibyte, root.Read().AvailableBytes);
    }

    [Fact]
    public void A_group_over_its_limit_has_nothing_left()
    {
        using Root root = new("0::/\n");
        root.Write("sys/fs/cgroup/memory.max", "10\n");
        root.Write("sys/fs/cgroup/memory.current", "11\n");
        Assert.Equal(0UL, root.Read().AvailableBytes);
        Assert.Contains("memory.max", Refused(Errno.ENOMEM, () => MemoryFileCreation.CheckHeadroom("x", 1, root.Read())).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage\n::\n4:memory\n")]
    public void What_cannot_be_read_limits_nothing(string groups)
    {
        using Root root = new(groups);
        root.Write("proc/meminfo", "MemTotal: ten\nMemAvailable:\n");
        Assert.Equal(ulong.MaxValue, root.Read().AvailableBytes);
    }

    private sealed class Root : IDisposable
    {
        private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("dmabuf-test");

        internal Root(string groups)
        {
            Write("proc/meminfo", $"MemTotal:       9999999 kB\nMemAvailable:   {1000 * 1024} kB\n");
            Write("proc/self/cgroup", groups);
        }

        public void Dispose() => directory.Delete(recursive: true);

        internal MemoryHeadroom Read() => MemoryHeadroom.Read(directory.FullName);

        internal void Write(string path, string text)
        {
            string full = Path.Combine(directory.FullName, path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllText(full, text);
        }
    }
}
