using System.Globalization;

namespace DmaBuf.Linux.Tests;

/// <summary>A directory for socket files, and in it one of its own for each test, so that none sees what another left.</summary>
public sealed class SocketDirectory : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("dmabuf-test");
    private DirectoryInfo? _current;
    private int _last;

    public void Dispose() => _directory.Delete(recursive: true);

    internal string NewPath()
    {
        _current = _directory.CreateSubdirectory((++_last).ToString(CultureInfo.InvariantCulture));
        return Path.Combine(_current.FullName, "s");
    }

    internal string[] Files() => Directory.GetFileSystemEntries(_current!.FullName);
}
