namespace DmaBuf.Testing;

/// <summary>The descriptors of this process that somebody opened by his own wish, each as its number and what it leads to.</summary>
/// <remarks>
/// Threads of the runtime open files for a moment, for example to read how much memory is left. So one look proves nothing: what counts as the state before is what two looks in
/// a row agree on, and a difference afterwards counts only if it lasts.
/// </remarks>
internal static class OpenDescriptors
{
    private const string Folder = "/proc/self/fd";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    /// <summary>False where the system does not show them; nothing is counted then.</summary>
    internal static bool CanBeSeen { get; } = Directory.Exists(Folder);

    internal static HashSet<string> Settled()
    {
        HashSet<string> seen = Look();
        SpinWait.SpinUntil(
            () =>
            {
                HashSet<string> before = seen;
                seen = Look();
                return seen.SetEquals(before);
            },
            s_patience);
        return seen;
    }

    /// <summary>What differs from before, once nothing does or the patience has ended.</summary>
    /// <remarks>The look before may have seen the runtime read a file of the system twice; that this one is closed again is no fault of anybody.</remarks>
    internal static (IReadOnlyList<string> LeftOpen, IReadOnlyList<string> Closed) Differences(HashSet<string> before)
    {
        string[] leftOpen = [];
        string[] closed = [];
        SpinWait.SpinUntil(
            () =>
            {
                HashSet<string> seen = Look();
                leftOpen = [.. seen.Except(before)];
                closed = [.. before.Except(seen).Where(static one => !IsOfSystem(one))];
                return leftOpen.Length + closed.Length == 0;
            },
            s_patience);
        return (leftOpen, closed);
    }

    private static HashSet<string> Look() => CanBeSeen
        ? [.. Directory.GetFileSystemEntries(Folder).Select(Describe).Where(IsOurs)]
        : [];

    private static string Describe(string entry) => $"{Path.GetFileName(entry)} -> {new FileInfo(entry).LinkTarget}";

    /// <summary>The runtime opens assemblies, libraries and its code memory when it likes, and the look itself has the folder open.</summary>
    private static bool IsOurs(string descriptor) => !descriptor.EndsWith("-> ", StringComparison.Ordinal)
        && !descriptor.EndsWith(".dll", StringComparison.Ordinal)
        && !descriptor.EndsWith(".pdb", StringComparison.Ordinal)
        && !(descriptor.Contains("-> /proc/", StringComparison.Ordinal) && descriptor.EndsWith("/fd", StringComparison.Ordinal))
        && !IsLibrary(descriptor)
        && !descriptor.Contains("-> /memfd:doublemapper", StringComparison.Ordinal);

    private static bool IsOfSystem(string descriptor)
        => descriptor.Contains("-> /proc/", StringComparison.Ordinal) || descriptor.Contains("-> /sys/", StringComparison.Ordinal);

    /// <summary>By the file's own name: a folder may be called like a library.</summary>
    private static bool IsLibrary(string descriptor)
    {
        string name = Path.GetFileName(descriptor);
        return !descriptor.Contains("-> /memfd:", StringComparison.Ordinal)
            && (name.EndsWith(".so", StringComparison.Ordinal) || name.Contains(".so.", StringComparison.Ordinal));
    }
}
