using System.Diagnostics;

namespace DmaBuf.Sharing.Tests;

/// <summary>The sample client, compiled once for the tests that need a second process.</summary>
public sealed class CompiledClient : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("dmabuf-test");

    public CompiledClient()
    {
        if (CCompiler.Path is null)
        {
            return;
        }

        using StreamReader source = new(typeof(CompiledClient).Assembly.GetManifestResourceStream("client.c")!);
        Assert.Equal("", CCompiler.Compile(source.ReadToEnd(), "-O1", "-Wall", "-Wextra", "-Werror", "-o", Program));
    }

    private string Program => Path.Combine(_directory.FullName, "client");

    public void Dispose() => _directory.Delete(recursive: true);

    /// <summary>Its streams are the caller's, like the process.</summary>
    internal Process Start(params string[] arguments) => Process.Start(new ProcessStartInfo(Program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
}
