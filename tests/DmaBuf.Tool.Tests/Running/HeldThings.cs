namespace DmaBuf.Tool.Tests;

/// <summary>What a living process holds that must be given back: sockets, memory files and files of the test's folder, open or mapped.</summary>
internal static class HeldThings
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    internal static string[] Of(ToolRun run, string folder)
    {
        Assert.False(run.HasEnded, "The tool ended before it could be looked at.");
        IEnumerable<string> open = new DirectoryInfo($"/proc/{run.Id}/fd").EnumerateFileSystemInfos().Select(static link => link.LinkTarget ?? string.Empty);
        IEnumerable<string> mapped = File.ReadLines($"/proc/{run.Id}/maps").Select(static line => line[(line.IndexOf('/', StringComparison.Ordinal) + 1)..]).Select(static path => $"/{path}");
        return [.. open.Concat(mapped).Where(path => path.StartsWith("socket:", StringComparison.Ordinal)
            || path.StartsWith("/memfd:", StringComparison.Ordinal)
            || path.StartsWith(folder, StringComparison.Ordinal))];
    }

    /// <summary>Waits, without sleeping, for what another process is about to do.</summary>
    internal static void Until(Func<bool> condition, Func<string> otherwise) => Assert.True(SpinWait.SpinUntil(condition, s_patience), otherwise());
}
