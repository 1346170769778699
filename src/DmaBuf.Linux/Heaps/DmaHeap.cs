using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>A heap of the kernel, open: makes dma-bufs of its memory (<c>/dev/dma_heap</c>).</summary>
/// <remarks>Threads: all members may be called by any thread. Dispose closes the node; buffers live on.</remarks>
public sealed class DmaHeap : IDisposable
{
    /// <summary>Where the kernel shows its heaps.</summary>
    public const string Folder = "/dev/dma_heap";

    private readonly SafeFileHandle _node;

    private DmaHeap(string name, SafeFileHandle node)
    {
        Name = name;
        _node = node;
    }

    /// <summary>The heap's name, which is also the exporter name of its buffers.</summary>
    public string Name { get; }

    /// <summary>Where its memory comes from.</summary>
    public DmaHeapKind Kind => KindOf(Name);

    /// <summary>The names of all heaps of this machine, in order; empty if the kernel has none. Whether they may be opened is another question.</summary>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static IReadOnlyList<string> FindNames()
    {
        LinuxOnly.Ensure();
        return Directory.Exists(Folder) ? [.. Directory.EnumerateFiles(Folder).Select(static path => Path.GetFileName(path)).Order(StringComparer.Ordinal)] : [];
    }

    /// <summary>Opens a heap.</summary>
    /// <param name="name">One of <see cref="FindNames"/>, for example <c>system</c>.</param>
    /// <exception cref="DmaBufException">ENOENT: there is no such heap; EACCES: not for this user; EINVAL: a name with a slash.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static DmaHeap Open(string name)
    {
        LinuxOnly.Ensure();
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (name.Contains('/', StringComparison.Ordinal))
        {
            throw new DmaBufException(Errno.EINVAL, $"Opening the heap \"{name}\" was refused: a heap's name has no slash. Use one of DmaHeap.FindNames.");
        }

        IReadOnlyList<string> names = FindNames();
        string remedy = names.Count == 0
            ? "This kernel shows no heaps: it needs CONFIG_DMABUF_HEAPS and CONFIG_DMABUF_HEAPS_SYSTEM, and devtmpfs on /dev."
            : $"This machine has the heaps {string.Join(", ", names)}.";
        return new(name, DeviceNode.Open($"{Folder}/{name}", remedy));
    }

    /// <summary>Makes a buffer (<c>DMA_HEAP_IOCTL_ALLOC</c>), filled with zeros.</summary>
    /// <param name="length">Bytes, at least 1; the kernel rounds up to whole pages.</param>
    /// <param name="access">What holders of the descriptor may do.</param>
    /// <returns>The buffer, the caller's to dispose.</returns>
    /// <exception cref="DmaBufException">EINVAL: no length. ENOMEM: more than the heap has; of the system heap more than is free is not asked for, because the kernel would kill processes to find it.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    public KernelBuffer Allocate(ulong length, CpuAccess access = CpuAccess.ReadWrite)
    {
        CheckLength(length);
        DmaHeapUapi.dma_heap_allocation_data request = new()
        {
            len = length,
            fd_flags = (uint)(Libc.O_CLOEXEC | (access == CpuAccess.ReadWrite ? Libc.O_RDWR : Libc.O_RDONLY)),
        };
        Errno errno = DeviceCall.Try(_node, DmaHeapUapi.DMA_HEAP_IOCTL_ALLOC, ref request);
        if (errno != Errno.None)
        {
            throw NativeError.Failure(errno, Tried(length), errno == Errno.ENOMEM ? "The heap has not that much left: ask for less, or release buffers." : NativeError.CommonRemedy(errno));
        }

        return DescriptorOwner.Adopt((nint)request.fd);
    }

    /// <summary>Closes the node.</summary>
    public void Dispose() => _node.Dispose();

    /// <summary>The name and the kind.</summary>
    public override string ToString() => $"heap {Name} ({Kind})";

    internal static DmaHeapKind KindOf(string name) => name switch
    {
        "system" => DmaHeapKind.System,
        "reserved" or "linux,cma" or "default_cma_region" => DmaHeapKind.Contiguous,
        _ when name.Contains("cma", StringComparison.Ordinal) => DmaHeapKind.Contiguous,
        _ => DmaHeapKind.Other,
    };

    internal KernelBufferTraits TraitsOf(ulong length) => new() { ContiguousRun = Kind == DmaHeapKind.Contiguous ? length : 0 };

    private void CheckLength(ulong length)
    {
        if (length == 0)
        {
            throw new DmaBufException(Errno.EINVAL, $"{Tried(length)} was refused: a buffer has at least one byte. The kernel rounds up to pages of {Environment.SystemPageSize} bytes.");
        }

        if (Kind == DmaHeapKind.System && MemoryHeadroom.Read() is var headroom && length > headroom.AvailableBytes)
        {
            throw new DmaBufException(
                Errno.ENOMEM, $"{Tried(length)} was refused: {headroom.AvailableBytes} bytes are left ({headroom.Source}), and the kernel would end processes to find more. Ask for less, or release memory.");
        }
    }

    private string Tried(ulong length) => string.Create(CultureInfo.InvariantCulture, $"Allocating {length} bytes from heap \"{Name}\"");
}
