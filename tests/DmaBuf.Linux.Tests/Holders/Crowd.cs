using System.Diagnostics;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux.Tests;

/// <summary>
/// Very many processes that hold one memory file, each twice and beside eight descriptors that are no buffers: forks of one shell, which wait on its standard input and so end with
/// this process, however that ends.
/// </summary>
internal sealed class Crowd : IDisposable
{
    internal const int WantedSize = 2000;

    /// <summary>Generous for the fork of a shell.</summary>
    private const long BytesEach = 512 << 10;

    private const int Duplicate = 0; // F_DUPFD: without close-on-exec, so that a child inherits it
    private const int FirstDescriptor = 100;

    // 0, 1 and 2 are the child's, 3 the pipe it waits on; 4 to 7 make ten together with the memory file's two. Standard output ends when the last child has closed it.
    private const string Script = "exec 3<&0 4</dev/null 5<&4 6<&4 7<&4; i=0; while [ $i -lt $0 ]; do (echo; exec >&2; read line <&3) & i=$((i + 1)); done; exec >&2; wait";

    private readonly Process _shell;

    private Crowd(Process shell, IReadOnlyList<int> descriptors)
    {
        _shell = shell;
        Descriptors = descriptors;
        while (shell.StandardOutput.ReadLine() is not null)
        {
            Size++;
        }
    }

    /// <summary>How many there are, without the shell: fewer than wanted where the machine's limits forbid it.</summary>
    internal int Size { get; }

    /// <summary>Under which numbers each of them holds the memory file.</summary>
    internal IReadOnlyList<int> Descriptors { get; }

    internal static Crowd Holding(SafeFileHandle file)
    {
        using SafeFileHandle first = Libc.fcntl_duplicate(file, Duplicate, FirstDescriptor);
        using SafeFileHandle second = Libc.fcntl_duplicate(file, Duplicate, FirstDescriptor);
        Process shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", Script, Possible().ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        return new(shell, [.. new[] { (int)first.DangerousGetHandle(), (int)second.DangerousGetHandle() }.Order()]);
    }

    internal static int CountProcesses() => Directory.EnumerateDirectories("/proc").Count(static path => int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out _));

    public void Dispose()
    {
        _shell.StandardInput.Dispose();
        _shell.WaitForExit();
        _shell.StandardOutput.Dispose();
        _shell.Dispose();
    }

    /// <summary>Half of what the machine still has room for, if that is fewer than wanted: others need processes, too.</summary>
    private static int Possible() => (int)new[]
    {
        WantedSize,
        (Number("/proc/sys/kernel/pid_max") - CountProcesses()) / 2,
        (Number(ControlGroup("pids.max")) - Number(ControlGroup("pids.current"), 0)) / 2,
        (Limit("Max processes") - CountProcesses()) / 2,
        File.ReadLines("/proc/meminfo").Where(static line => line.StartsWith("MemAvailable:", StringComparison.Ordinal)).Select(static line => FirstNumber(line) << 10).Single() / 2 / BytesEach,
    }.Min();

    private static string ControlGroup(string file)
    {
        string own = File.Exists("/proc/self/cgroup") ? File.ReadLines("/proc/self/cgroup").FirstOrDefault(static line => line.StartsWith("0::", StringComparison.Ordinal)) ?? "0::/" : "0::/";
        return $"/sys/fs/cgroup{own["0::".Length..].TrimEnd('/')}/{file}";
    }

    private static long Limit(string name) => FirstNumber(File.ReadLines("/proc/self/limits").Single(line => line.StartsWith(name, StringComparison.Ordinal)));

    /// <summary>Files that are not there, and "max", limit nothing.</summary>
    private static long Number(string file, long otherwise = int.MaxValue) =>
        File.Exists(file) && long.TryParse(File.ReadAllText(file), CultureInfo.InvariantCulture, out long number) ? number : otherwise;

    private static long FirstNumber(string line) => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
        .Select(static word => long.TryParse(word, CultureInfo.InvariantCulture, out long number) ? number : (long?)null).FirstOrDefault(static number => number is not null) ?? int.MaxValue;
}
