using System.Diagnostics;

namespace DmaBuf.Sharing.Tests;

/// <summary>The sample client and server, compiled once for the tests that need a second process.</summary>
public sealed class CompiledClient : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("dmabuf-test");

    public CompiledClient()
    {
        if (CCompiler.Path is null)
        {
            return;
        }

        Compile("client");
        Compile("server");
    }

    public void Dispose() => _directory.Delete(recursive: true);

    /// <summary>Its streams are the caller's, like the process.</summary>
    internal Process Start(params string[] arguments) => Start("client", arguments);

    internal Process StartServer(params string[] arguments) => Start("server", arguments);

    private void Compile(string name)
    {
        using StreamReader source = new(typeof(CompiledClient).Assembly.GetManifestResourceStream($"{name}.c")!);
        Assert.Equal("", CCompiler.Compile(source.ReadToEnd(), "-O1", "-Wall", "-Wextra", "-Werror", "-o", Path.Combine(_directory.FullName, name)));
    }

    private Process Start(string name, string[] arguments)
        => Process.Start(new ProcessStartInfo(Path.Combine(_directory.FullName, name), arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
}
