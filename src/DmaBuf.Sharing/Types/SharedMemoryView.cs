using System.Runtime.InteropServices;

namespace DmaBuf.Sharing;

/// <summary>The memory of a remote buffer as a mapping type of the peer's process reaches it: each map is counted, so that the exporter learns when nobody holds it any more.</summary>
/// <remarks>Safe for all threads.</remarks>
public sealed class SharedMemoryView
{
    private readonly RemoteBuffer _buffer;

    internal SharedMemoryView(RemoteBuffer buffer) => _buffer = buffer;

    /// <summary>What may be done with it, as the exporter's policy says.</summary>
    public CpuAccess Access => _buffer.Access;

    /// <summary>The seals of the memory.</summary>
    public MemorySeals Seals => _buffer.Seals;

    /// <summary>True if it is made of huge pages.</summary>
    public bool IsHuge => _buffer.IsHuge;

    /// <summary>The largest power of two that its length is a multiple of, in bytes.</summary>
    public ulong Granularity => _buffer.Size & (~_buffer.Size + 1);

    /// <summary>Maps all of it for the CPU; a fresh object each time, the caller's to dispose.</summary>
    /// <param name="access">At most <see cref="Access"/>.</param>
    /// <exception cref="DmaBufException">EAGAIN: the memory is on its way to another place. ENODEV: it was taken away.</exception>
    public CpuMemory Map(CpuAccess access) => _buffer.Enter().Map(access);

    /// <summary>Opens a further descriptor of it; the caller's to dispose.</summary>
    /// <exception cref="DmaBufException">EAGAIN: the memory is on its way to another place. ENODEV: it was taken away.</exception>
    public SafeHandle OpenDescriptor() => _buffer.Enter().OpenDescriptor();
}
