using System.Diagnostics;
using System.Globalization;

namespace DmaBuf.Sharing.Tests;

/// <summary>The subscriber in C, compiled once, in a directory that also has room for the socket.</summary>
public sealed class ForeignSubscriber : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("dmabuf-test");

    public ForeignSubscriber()
    {
        if (CCompiler.Path is null)
            return;
        using StreamReader source = new(typeof(ForeignSubscriber).Assembly.GetManifestResourceStream("subscriber.c")!);
        Assert.Equal("", CCompiler.Compile(source.ReadToEnd(), "-O2", "-Wall", "-Wextra", "-o", Program));
    }

    internal string SocketAddress => Path.Combine(_directory.FullName, "socket");

    private string Program => Path.Combine(_directory.FullName, "subscriber");

    public void Dispose() => _directory.Delete(recursive: true);

    internal Process Start(string mode, ulong seed) =>
        Process.Start(new ProcessStartInfo(Program, [mode, SocketAddress, seed.ToString(CultureInfo.InvariantCulture)]))!;
}
