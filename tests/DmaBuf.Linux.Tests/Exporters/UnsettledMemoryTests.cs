using DmaBuf.Testing;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux.Tests.Exporters;

/// <summary>Memory that was changed through its descriptor between its making and its export.</summary>
public sealed class UnsettledMemoryTests : IDisposable
{
    private readonly LeakCheck _leaks = LeakCheck.Start();

    public void Dispose() => _leaks.Verify();

    [Fact]
    public void A_file_that_was_shrunk_before_it_was_sealed_is_exported_as_long_as_it_is()
    {
        MemoryFile file = MemoryFile.Create("dmabuf-test", 8192);
        Resize(file, 4096);
        file.Seal(MemorySeals.FixedSize);
        using DmaBuffer buffer = MemoryFileExporter.Export(file);
        Assert.Equal(4096UL, buffer.Size);
        using CpuAttachment attachment = buffer.Attach(new DmaBufferImporter("test"), CpuMappingType.Request());
        using CpuMapping mapping = attachment.MapCpu();
        using CpuReadLease lease = mapping.Read();
        Assert.Equal(new byte[4096], lease.Span.ToArray());
    }

    [Fact]
    public void A_mapping_never_reaches_beyond_the_file_as_it_is_now()
    {
        using MemoryFile file = MemoryFile.Create("dmabuf-test", 8192);
        Resize(file, 4096);
        using MemoryMapping whole = file.Map(MemoryProtection.Read);
        Assert.Equal(4096UL, whole.Length);
        Assert.Equal(Errno.EINVAL, Assert.Throws<DmaBufException>(() => file.Map(MemoryProtection.Read, 0, 8192).Dispose()).Errno);
    }

    [Fact]
    public void A_file_with_holes_is_not_exported()
    {
        using MemoryFile file = MemoryFile.Create("dmabuf-test", 8192, new MemoryFileOptions { ReserveBlocks = false });
        file.Seal(MemorySeals.FixedSize);
        DmaBufException refusal = Assert.Throws<DmaBufException>(() => MemoryFileExporter.Export(file));
        Assert.Equal(Errno.EINVAL, refusal.Errno);
        Assert.Contains("0 of its 8192 bytes", refusal.Message, StringComparison.Ordinal);
    }

    private static void Resize(MemoryFile file, long length)
    {
        using SafeFileHandle borrowed = new(file.Descriptor.DangerousGetHandle(), ownsHandle: false);
        using FileStream stream = new(borrowed, FileAccess.ReadWrite);
        stream.SetLength(length);
    }
}
