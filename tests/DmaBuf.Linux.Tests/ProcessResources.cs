namespace DmaBuf.Linux.Tests;

/// <summary>What this process holds: descriptors as "number link", and mappings of test memory, of dma-bufs and of devices.</summary>
internal sealed record ProcessResources(List<string> Descriptors, List<string> Mappings)
{
    internal static ProcessResources Read()
    {
        List<string> descriptors = [];
        foreach (FileInfo entry in new DirectoryInfo("/proc/self/fd").EnumerateFiles())
        {
            if (entry.LinkTarget is { } link && !IsOfRuntime(link))
            {
                descriptors.Add($"{entry.Name} {link}");
            }
        }
        descriptors.Sort(StringComparer.Ordinal);
        List<string> mappings = [.. File.ReadLines("/proc/self/maps").Where(line => line.Contains("/memfd:dmabuf-test", StringComparison.Ordinal)
            || line.Contains("/dmabuf:", StringComparison.Ordinal) || line.Contains(" /dev/", StringComparison.Ordinal) && !line.EndsWith("/dev/zero (deleted)", StringComparison.Ordinal))];
        return new(descriptors, mappings);
    }

    /// <summary>The listing itself, and what the runtime opens when it likes: assemblies, libraries, code memory, random numbers, and the epoll
    /// with which it waits for the output of child processes. Our own epoll is one for the process.</summary>
    private static bool IsOfRuntime(string link) =>
        link.StartsWith("/proc/", StringComparison.Ordinal)
        || link.StartsWith("/memfd:doublemapper", StringComparison.Ordinal)
        || link == "anon_inode:[eventpoll]"
        || link.EndsWith(".dll", StringComparison.Ordinal)
        || link.EndsWith(".pdb", StringComparison.Ordinal)
        || link.EndsWith("/urandom", StringComparison.Ordinal)
        || IsLibrary(link);

    /// <summary>By the file's own name: a folder, or memory, may be called like a library.</summary>
    private static bool IsLibrary(string link) => !link.StartsWith("/memfd:", StringComparison.Ordinal)
        && (link.EndsWith(".so", StringComparison.Ordinal) || Path.GetFileName(link).Contains(".so.", StringComparison.Ordinal));
}
