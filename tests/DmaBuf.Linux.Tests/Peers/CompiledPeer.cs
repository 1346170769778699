using System.Diagnostics;

namespace DmaBuf.Linux.Tests;

/// <summary>The peer in C, compiled once for the tests that need a second process, in a directory that also has room for sockets.</summary>
public sealed class CompiledPeer : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("dmabuf-test");

    public CompiledPeer()
    {
        if (CCompiler.Path is null)
        {
            return;
        }

        using StreamReader source = new(typeof(CompiledPeer).Assembly.GetManifestResourceStream("peer.c")!);
        Assert.Equal("", CCompiler.Compile(source.ReadToEnd(), "-O1", "-Wall", "-o", Program));
    }

    internal string SocketAddress => Path.Combine(_directory.FullName, "socket");

    private string Program => Path.Combine(_directory.FullName, "peer");

    public void Dispose() => _directory.Delete(recursive: true);

    internal Process Start(params string[] arguments) => Process.Start(new ProcessStartInfo(Program, arguments))!;
}
