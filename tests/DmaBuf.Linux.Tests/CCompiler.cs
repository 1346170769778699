using System.Diagnostics;

namespace DmaBuf.Linux.Tests;

/// <summary>The machine's C compiler: the judge of our layouts, and the maker of a peer that shares no code with us.</summary>
internal static class CCompiler
{
    internal static string? Path { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .SelectMany(directory => new[] { "cc", "gcc", "clang" }.Select(name => System.IO.Path.Combine(directory, name)))
        .FirstOrDefault(File.Exists);

    internal static void SkipUnlessThere() => Assert.SkipUnless(Path is not null, "This machine has no C compiler (cc, gcc, clang).");

    /// <returns>What the compiler complains about; empty if nothing.</returns>
    internal static string Compile(string source, params string[] arguments)
    {
        ProcessStartInfo start = new(Path!, [.. arguments, "-x", "c", "-"])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
        };
        using Process compiler = Process.Start(start)!;
        // A process does not close the streams that were asked of it.
        using (StreamWriter input = compiler.StandardInput)
        {
            input.Write(source);
        }

        using StreamReader output = compiler.StandardError;
        string complaints = output.ReadToEnd();
        compiler.WaitForExit();
        return compiler.ExitCode == 0 ? "" : complaints + $"(exit code {compiler.ExitCode})";
    }
}
