using System.Diagnostics;

namespace DmaBuf.Linux.Tests;

/// <summary>A program in C that allocates dma-bufs as it is told and never gives one back.</summary>
public sealed class CompiledAllocator : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("dmabuf-test");

    public CompiledAllocator()
    {
        if (CCompiler.Path is null || Environment.GetEnvironmentVariable("DMABUF_LAB") is null)
        {
            return;
        }

        using StreamReader source = new(typeof(CompiledAllocator).Assembly.GetManifestResourceStream("allocator.c")!);
        Assert.Equal("", CCompiler.Compile(source.ReadToEnd(), "-O1", "-Wall", "-o", Program));
    }

    private string Program => Path.Combine(_directory.FullName, "allocator");

    public void Dispose() => _directory.Delete(recursive: true);

    internal Process Start()
    {
        CCompiler.SkipUnlessThere();
        return Process.Start(new ProcessStartInfo(Program) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
    }

    /// <summary>Returns when the child has so many buffers more.</summary>
    internal static void Allocate(Process child, int buffers)
    {
        for (int buffer = 0; buffer < buffers; buffer++)
        {
            child.StandardInput.Write('+');
            child.StandardInput.Flush();
            Assert.Equal('.', child.StandardOutput.Read());
        }
    }

    internal static void End(Process child)
    {
        child.StandardInput.Dispose();
        child.WaitForExit();
        child.StandardOutput.Dispose();
    }
}
