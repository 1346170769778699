namespace DmaBuf.Tool;

/// <summary>Opens the file that is to be shared. What has no length is refused before it is opened: opening a pipe would wait for its other end.</summary>
internal static class SourceFile
{
    /// <exception cref="BadUseException">There is no such file, it cannot be read, or it has no bytes.</exception>
    internal static FileStream Open(string path)
    {
        if (path.Length == 0 || Directory.Exists(path))
        {
            throw new BadUseException($"'{path}' is {(path.Length == 0 ? "no file name" : "a directory")}; give the path of a file");
        }

        try
        {
            RefuseWithoutLength(path);
            return new FileStream(path, new FileStreamOptions { Options = FileOptions.SequentialScan, BufferSize = 0 });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new BadUseException($"{path} cannot be read ({exception.Message.ReplaceLineEndings(" ")}); give the path of a file that you may read");
        }
    }

    private static void RefuseWithoutLength(string path)
    {
        FileInfo named = new(path);
        FileSystemInfo? linked = named.ResolveLinkTarget(returnFinalTarget: true);
        if (linked is { Exists: false })
        {
            // Such as /dev/stdin behind a pipe.
            throw new BadUseException($"{path} leads to {linked.FullName}, which is no file; if it is a pipe, save what it gives to a file and share that");
        }

        FileInfo file = linked as FileInfo ?? named;
        if (file is { Exists: true, Length: 0 })
        {
            throw new BadUseException(
                $"{path} has no bytes, and a buffer has at least one: if it is empty, write something into it; if it is a pipe or a device, save what it gives to a file and share that");
        }
    }
}
