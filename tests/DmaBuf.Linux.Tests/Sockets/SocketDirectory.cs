using System.Globalization;

namespace DmaBuf.Linux.Tests;

/// <summary>A directory for socket files, and a new path in it for each test.</summary>
public sealed class SocketDirectory : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("dmabuf-test");
    private int _last;

    public void Dispose() => _directory.Delete(recursive: true);

    internal string NewPath() => Path.Combine(_directory.FullName, (++_last).ToString(CultureInfo.InvariantCulture));

    internal string[] Files() => Directory.GetFileSystemEntries(_directory.FullName);
}
