using System.Diagnostics;

namespace DmaBuf.Bench;

/// <summary>
/// Compiles the C twin from the sources that lie beside this program. It is done at each start, so that both sides come from the same
/// machine and nobody measures against a stale binary.
/// </summary>
internal static class TwinCompiler
{
    private static readonly string[] CommonFlags = ["-std=c11", "-pthread", "-Wall", "-Wextra", "-Werror"];

    /// <summary>Whether there is a compiler.</summary>
    public static bool IsAvailable => FindCompiler() is not null;

    /// <summary>Compiles into <paramref name="folder"/>.</summary>
    /// <param name="folder">Where the executable goes.</param>
    /// <param name="build">How.</param>
    /// <returns>The path of the executable.</returns>
    /// <exception cref="BenchmarkException">There is no gcc, or it refused the sources.</exception>
    public static string Compile(string folder, TwinBuild build)
    {
        string compiler = FindCompiler()
            ?? throw BenchmarkException.BadUse("gcc is missing, which builds the C twin; install it (Debian, Ubuntu: apt-get install gcc libc6-dev; Fedora: dnf install gcc).");
        string executable = Path.Combine(folder, $"twin-{build}");
        var start = new ProcessStartInfo(compiler) { RedirectStandardError = true };
        foreach (string flag in (string[])[.. CommonFlags, .. OptimizationOf(build)])
            start.ArgumentList.Add(flag);
        start.ArgumentList.Add("-o");
        start.ArgumentList.Add(executable);
        foreach (string source in Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "twin"), "*.c").Order(StringComparer.Ordinal))
            start.ArgumentList.Add(source);

        using Process process = Process.Start(start)!;
        string complaints = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? executable
            : throw BenchmarkException.BadUse($"gcc refused the C twin (exit {process.ExitCode}); its first words: {FirstLine(complaints)}");
    }

    /// <summary>The compiler's own version line, for the report.</summary>
    public static string DescribeCompiler()
    {
        if (FindCompiler() is not { } compiler)
            return "none";
        using Process process = Process.Start(new ProcessStartInfo(compiler, "--version") { RedirectStandardOutput = true })!;
        string version = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return $"{FirstLine(version)}, {string.Join(' ', [.. CommonFlags, .. OptimizationOf(TwinBuild.Plain)])}; where said {string.Join(' ', OptimizationOf(TwinBuild.Native))}";
    }

    private static string[] OptimizationOf(TwinBuild build) => build == TwinBuild.Plain ? ["-O2"] : ["-O3", "-march=native"];

    private static string? FindCompiler() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, "gcc"))
            .FirstOrDefault(File.Exists);

    private static string FirstLine(string text) => text.Split('\n', 2)[0].Trim();
}
