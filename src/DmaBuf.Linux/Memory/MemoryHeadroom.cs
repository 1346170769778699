using System.Globalization;

namespace DmaBuf.Linux;

/// <summary>
/// How much memory this process can still take before the kernel starts to kill: the least of the machine's <c>MemAvailable</c> and of what every
/// memory control group above the process leaves.
/// </summary>
/// <remarks>
/// tmpfs does not ask before it takes: a reservation beyond the limit of a control group does not fail, it calls the out-of-memory killer.
/// So the question is asked first. The answer is an estimate; others take memory at the same time.
/// A group's page cache that is not in use counts as free, as the kernel drops it first.
/// </remarks>
/// <param name="AvailableBytes">What is left, in bytes.</param>
/// <param name="Source">The file that says so, for the error's text.</param>
internal readonly record struct MemoryHeadroom(ulong AvailableBytes, string Source)
{
    private static readonly MemoryHeadroom Unlimited = new(ulong.MaxValue, "nothing");

    /// <summary>Reads it below <paramref name="root"/>, which is <c>/</c> but for tests.</summary>
    internal static MemoryHeadroom Read(string root = "/")
    {
        MemoryHeadroom least = OfMachine(Path.Combine(root, "proc/meminfo"));
        foreach (string line in ReadLines(Path.Combine(root, "proc/self/cgroup")))
        {
            // hierarchy:controllers:path; version 2 has no controllers.
            string[] parts = line.Split(':', 3);
            if (parts.Length != 3)
            {
                continue;
            }

            if (parts[1].Length == 0)
            {
                least = Lesser(least, OfGroups(Path.Combine(root, "sys/fs/cgroup"), parts[2], MemoryGroupFiles.Version2));
            }
            else if (parts[1].Split(',').Contains("memory"))
            {
                least = Lesser(least, OfGroups(Path.Combine(root, "sys/fs/cgroup/memory"), parts[2], MemoryGroupFiles.Version1));
            }
        }
        return least;
    }

    private static MemoryHeadroom OfMachine(string path)
    {
        ulong? kibibytes = ReadField(path, "MemAvailable:");
        return kibibytes is { } known ? new(known << 10, $"MemAvailable in {path}") : Unlimited;
    }

    /// <summary>A limit holds for the group and for all below it, so every level up to the mount counts.</summary>
    private static MemoryHeadroom OfGroups(string mount, string group, MemoryGroupFiles files)
    {
        MemoryHeadroom least = Unlimited;
        for (string level = group.Trim('/'); ; level = Path.GetDirectoryName(level) ?? "")
        {
            least = Lesser(least, OfGroup(Path.Combine(mount, level), files));
            if (level.Length == 0)
            {
                return least;
            }
        }
    }

    private static MemoryHeadroom OfGroup(string directory, MemoryGroupFiles files)
    {
        string limitFile = Path.Combine(directory, files.Limit);
        if (ReadNumber(limitFile) is not { } limit || ReadNumber(Path.Combine(directory, files.Usage)) is not { } usage)
        {
            return Unlimited; // no such level in this mount, or "max"
        }

        ulong cache = Math.Min(ReadField(Path.Combine(directory, "memory.stat"), files.InactiveFile) ?? 0, usage);
        ulong held = usage - cache;
        return new(limit > held ? limit - held : 0, limitFile);
    }

    private static MemoryHeadroom Lesser(MemoryHeadroom one, MemoryHeadroom other) =>
        other.AvailableBytes < one.AvailableBytes ? other : one;

    private static ulong? ReadNumber(string path) =>
        ulong.TryParse(ReadLines(path).FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : null;

    private static ulong? ReadField(string path, string name)
    {
        foreach (string line in ReadLines(path))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length >= 2 && words[0] == name && ulong.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out ulong value))
            {
                return value;
            }
        }
        return null;
    }

    /// <summary>A file that is not there, or not for us, limits nothing that we could know of; that is an answer, not an error.</summary>
    private static string[] ReadLines(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllLines(path) : [];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
