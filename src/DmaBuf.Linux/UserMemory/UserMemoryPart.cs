namespace DmaBuf.Linux;

/// <summary>A piece of a memory file that becomes a piece of a dma-buf (<c>struct udmabuf_create_item</c>).</summary>
/// <param name="File">Sealed against shrinking, without write seals. It stays the caller's; the kernel keeps the pages.</param>
/// <param name="Offset">The first byte, a multiple of the system's page size, with huge pages too.</param>
/// <param name="Length">Bytes, a multiple of the system's page size.</param>
/// <remarks>A value; what it names must outlive the call.</remarks>
public readonly record struct UserMemoryPart(MemoryFile File, ulong Offset, ulong Length)
{
    /// <summary>All of a file.</summary>
    public static UserMemoryPart Whole(MemoryFile file)
    {
        LinuxOnly.Ensure();
        ArgumentNullException.ThrowIfNull(file);
        return new(file, 0, file.Length);
    }
}
