namespace DmaBuf.Tool;

/// <summary>A file that appears under its name only when it is complete: until <see cref="Publish"/> it stands beside it, and dispose takes it away.</summary>
internal sealed class ReceivedFile : IDisposable
{
    private readonly string _target;
    private readonly string _partial;
    private bool _published;

    internal ReceivedFile(string target)
    {
        _target = target;
        _partial = $"{target}.{Environment.ProcessId}.part";
        try
        {
            Stream = new FileStream(_partial, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new BadUseException($"{target} cannot be written ({exception.Message.ReplaceLineEndings(" ")}); give -o a path in a directory that you may write");
        }
    }

    internal FileStream Stream { get; }

    internal void Publish()
    {
        Stream.Dispose();
        File.Move(_partial, _target, overwrite: true);
        _published = true;
    }

    public void Dispose()
    {
        Stream.Dispose();
        if (!_published)
        {
            File.Delete(_partial);
        }
    }
}
