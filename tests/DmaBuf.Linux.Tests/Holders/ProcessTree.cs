using System.Globalization;

namespace DmaBuf.Linux.Tests;

/// <summary>A proc and a sys of files, for machines that have what this one has not.</summary>
internal sealed class ProcessTree : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("dmabuf-test");

    internal ProcessTree() => Directory.CreateDirectory(At("proc"));

    internal KernelBufferSnapshot Take() => KernelBufferSnapshot.Take(Options);

    internal KernelBufferSnapshotOptions Options => new() { ProcessRoot = At("proc"), SystemRoot = At("sys"), IncludeMemoryFiles = true };

    internal string At(string path) => Path.Combine(_root.FullName, path);

    internal void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(path))!);
        File.WriteAllText(At(path), text);
    }

    internal void AddProcess(int id, string command, ulong startTime = 100, string maps = "00400000-00401000 r-xp 00000000 08:01 77 /bin/x\n")
    {
        Directory.CreateDirectory(At($"proc/{id}/fd"));
        Write($"proc/{id}/maps", maps);
        Write($"proc/{id}/stat", string.Create(CultureInfo.InvariantCulture, $"{id} ({command}) S 1 0 0 0 -1 4194560 101 0 0 0 2 4 0 0 20 0 1 0 {startTime} 0\n"));
        Write($"proc/{id}/status", "Name:\tx\nUid:\t1\t1000\t1\t1\n");
    }

    internal void AddBuffer(int process, int descriptor, ulong inode, ulong size, string name = "")
    {
        File.CreateSymbolicLink(At($"proc/{process}/fd/{descriptor}"), $"/dmabuf:{name}");
        string last = name.Length > 0 ? $"name:\t{name}\n" : "";
        Write($"proc/{process}/fdinfo/{descriptor}", string.Create(CultureInfo.InvariantCulture, $"pos:\t0\nino:\t{inode}\nsize:\t{size}\ncount:\t2\nexp_name:\tsystem\n{last}"));
    }

    public void Dispose() => _root.Delete(recursive: true);
}
