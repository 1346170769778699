namespace DmaBuf.Tool.Tests;

/// <summary>A folder of its own for each test, and the check that nothing of a share is left: no process, no abstract socket.</summary>
public abstract class ScratchFolder : IDisposable
{
    private readonly HashSet<string> _socketsBefore = Sockets();

    protected ScratchFolder() => Directory.CreateDirectory(Folder);

    private string Folder { get; } = Path.Combine(Root, $"dmabuf-tool-{Guid.NewGuid():n}");

    /// <summary>In memory where that is possible: no write waits for a disk, and reading the holes of a sparse file takes no page cache.</summary>
    private static string Root => Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();

    public void Dispose()
    {
        Directory.Delete(Folder, recursive: true);
        Assert.Empty(Sockets().Except(_socketsBefore));
        Assert.DoesNotContain(CommandLines(), line => line.Contains(Folder, StringComparison.Ordinal));
        GC.SuppressFinalize(this);
    }

    protected string At(string name) => Path.Combine(Folder, name);

    protected string[] Names() => [.. Directory.EnumerateFiles(Folder).Select(static path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    protected string Write(string name, int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        bytes[0] = 0x41;
        File.WriteAllBytes(At(name), bytes);
        return At(name);
    }

    /// <summary>A long file that takes no room: zeros, and one byte that is none at the end.</summary>
    protected string WriteSparse(string name, long length)
    {
        using FileStream sparse = File.Create(At(name));
        sparse.SetLength(length);
        sparse.Position = length - 1;
        sparse.WriteByte(0x41);
        return At(name);
    }

    /// <summary>The sockets of this tool that the kernel knows, by name.</summary>
    private static HashSet<string> Sockets() => [.. File.ReadLines("/proc/net/unix")
        .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1])
        .Where(static name => name.Contains("dmabuf-", StringComparison.Ordinal))];

    /// <summary>The command line of every process that can be seen; one that ends meanwhile has none.</summary>
    private static IEnumerable<string> CommandLines()
    {
        foreach (string directory in Directory.EnumerateDirectories("/proc").Where(static path => char.IsAsciiDigit(Path.GetFileName(path)[0])))
        {
            string line = string.Empty;
            try
            {
                line = File.ReadAllText(Path.Combine(directory, "cmdline"));
            }
            catch (IOException)
            {
                // It ended between the listing and the reading.
            }

            yield return line;
        }
    }
}
