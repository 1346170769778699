using DmaBuf.Linux;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Tool;

/// <summary>A file that appears under its name only when it is complete: until <see cref="Fill"/> is done it stands beside it, and dispose takes it away.</summary>
internal sealed class ReceivedFile : IDisposable
{
    private readonly string _name;
    private readonly string _target;
    private readonly string _partial;
    private bool _published;

    /// <exception cref="BadUseException">Nothing can be written there; nothing was.</exception>
    internal ReceivedFile(string name)
    {
        _name = name;
        if (name.Length == 0 || Directory.Exists(name))
        {
            throw new BadUseException($"'{name}' is {(name.Length == 0 ? "no file name" : "a directory")}; give -o the path of a file");
        }

        try
        {
            // The file that a link leads to is what is written; asking where to throws if there is nothing yet.
            FileInfo named = new(name);
            _target = named.LinkTarget is null ? named.FullName : named.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
            RefuseSpecialFile();
            _partial = $"{_target}.{Environment.ProcessId}.part";
            Stream = new FileStream(_partial, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new BadUseException($"{name} cannot be written ({exception.Message.ReplaceLineEndings(" ")}); give -o a path in a directory that you may write");
        }
    }

    internal FileStream Stream { get; }

    /// <summary>Asks before the work is done whether the bytes will find room.</summary>
    /// <exception cref="DmaBufException">ENOSPC: they will not.</exception>
    internal void RequireRoom(ulong bytes)
    {
        long free = new DriveInfo(Path.GetDirectoryName(_target)!).AvailableFreeSpace;
        if ((ulong)free < bytes)
        {
            throw new DmaBufException(
                Errno.ENOSPC, $"{Text.Size(bytes)} were to be written to {_name}, and its disk has {Text.Size((ulong)free)} free: nothing was written. Free some, or give -o a path on another disk.");
        }
    }

    /// <summary>Writes and publishes; what fails names the file.</summary>
    /// <exception cref="DmaBufException">EIO: the disk is full, failing or gone. Nothing is left of the file.</exception>
    internal void Fill(Action<Stream> write)
    {
        try
        {
            write(Stream);
            Stream.Dispose();
            File.Move(_partial, _target, overwrite: true);
            _published = true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DmaBufException(
                Errno.EIO, $"Writing {_name} failed: {exception.Message.ReplaceLineEndings(" ")}. What it had was taken away. Free some space or give -o another path, and start both sides again.", exception);
        }
    }

    public void Dispose()
    {
        Stream.Dispose();
        if (!_published)
        {
            File.Delete(_partial);
        }
    }

    /// <summary>A device, a pipe or a socket must not be replaced by a file, which root could do to <c>/dev/null</c>.</summary>
    private void RefuseSpecialFile()
    {
        if (!File.Exists(_target) || new FileInfo(_target).Length > 0)
        {
            return;
        }

        // For both directions, because only that never waits for a pipe's other end.
        using SafeFileHandle handle = File.OpenHandle(_target, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        if (OpenFileFacts.Of(handle).Kind is not (OpenFileKind.RegularFile or OpenFileKind.SharedMemoryFile))
        {
            throw new BadUseException($"{_name} is a device or a pipe, and -o would put a file in its place; give the path of a file, or leave -o away to verify only");
        }
    }
}
