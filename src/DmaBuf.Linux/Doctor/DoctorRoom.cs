using System.Globalization;
using System.Text;

namespace DmaBuf.Linux;

/// <summary>The machine as the checks see it: paths below the roots, small texts, and what the kernel was built with. A text that cannot be read is null.</summary>
internal sealed class DoctorRoom
{
    private readonly DoctorOptions _options;
    private readonly KernelTextFile _file = new();

    internal DoctorRoom(DoctorOptions options)
    {
        _options = options;
        KernelRelease = Text(Process("sys/kernel/osrelease")) ?? "";
        Configuration = KernelConfiguration.Find(
            Process("config.gz"), Path.Combine(options.FileRoot, $"boot/config-{KernelRelease}"), Path.Combine(options.FileRoot, $"usr/lib/modules/{KernelRelease}/config"));
    }

    internal string KernelRelease { get; }

    internal KernelConfiguration Configuration { get; }

    internal string Device(string path) => Path.Combine(_options.DeviceRoot, path);

    internal string Process(string path) => Path.Combine(_options.ProcessRoot, path);

    internal string System(string path) => Path.Combine(_options.SystemRoot, path);

    internal string? Text(string path) => _file.Read(path, out ReadOnlySpan<byte> text) == Errno.None ? Encoding.UTF8.GetString(text).Trim() : null;

    /// <summary>None if it can be read.</summary>
    internal Errno TryRead(string path) => _file.Read(path, out _);

    /// <summary>Entries of a directory by their names, sorted; none if it is not there or not for this user.</summary>
    internal static string[] Names(string directory, string prefix = "")
    {
        try
        {
            return Directory.Exists(directory)
                ? [.. new DirectoryInfo(directory).EnumerateFileSystemInfos().Select(static entry => entry.Name).Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal)]
                : [];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>The last part of where a link leads; null if there is none.</summary>
    internal static string? LinkName(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget is { } target ? Path.GetFileName(target) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>What lets this user use a node that it may not: joining the group that owns it where that would do, otherwise a right of its own.</summary>
    internal unsafe string Permit(string path)
    {
        const int groupReadWrite = 0x30; // 060, in octal
        Libc.Statx status;
        if (Libc.statx_path(Libc.AT_FDCWD, path, 0, Libc.STATX_BASIC_STATS, &status) == 0 && (status.stx_mode & groupReadWrite) == groupReadWrite && status.stx_gid != 0)
        {
            return $"sudo usermod -aG {GroupName(status.stx_gid)} $USER, then log in again";
        }

        return $"sudo setfacl -m u:$USER:rw {path} (until the next boot; for good, by a udev rule)";
    }

    private string GroupName(uint group)
    {
        string number = group.ToString(CultureInfo.InvariantCulture);
        string? line = (Text(Path.Combine(_options.FileRoot, "etc/group")) ?? "").Split('\n').FirstOrDefault(line => line.Split(':') is [_, _, var id, ..] && id == number);
        return line?.Split(':')[0] ?? number;
    }
}
