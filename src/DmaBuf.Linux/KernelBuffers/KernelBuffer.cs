using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>A kernel dma-buf (<c>struct dma_buf</c>) behind a descriptor that this object owns, whoever made it: a heap, a driver, another process.</summary>
/// <remarks>
/// <para>Theory. The buffer lives as long as somebody holds it: a descriptor, a mapping, a device. Disposing this object closes one descriptor and nothing else. Its bytes may lie in memory
/// that CPU and devices see through different caches, so every access of the CPU stands between <see cref="BeginCpuAccess"/> and <see cref="EndCpuAccess"/>; beginning also waits for the
/// work of devices that the kernel knows of (implicit fences). Whoever negotiates (<see cref="KernelBufferExporter"/>) gets these brackets from the leases.</para>
/// <para>Threads. All members may be called by any thread; brackets of several threads may overlap.</para>
/// </remarks>
public sealed class KernelBuffer : IDisposable
{
    /// <summary>The longest name that the kernel takes, in bytes of UTF-8.</summary>
    public const int MaximumNameBytes = DmaBufUapi.DMA_BUF_NAME_LEN - 1;

    private KernelBuffer(SafeHandle descriptor, KernelBufferFacts facts, DescriptorIdentity identity)
    {
        Descriptor = descriptor;
        Facts = facts;
        Identity = identity;
    }

    /// <summary>The descriptor, owned by this object: pass it to a peer or to a kernel interface, do not dispose it.</summary>
    public SafeHandle Descriptor { get; }

    /// <summary>What the kernel said when this object was made.</summary>
    public KernelBufferFacts Facts { get; }

    /// <summary>Bytes; does not change.</summary>
    public ulong Length => Facts.Length;

    /// <summary>Who made it in the kernel (<c>exp_name</c>); does not change.</summary>
    public string ExporterName => Facts.ExporterName;

    /// <summary>Which buffer it is: the same for all its descriptors, in all processes, while it lives.</summary>
    public DescriptorIdentity Identity { get; }

    /// <summary>What it is called at this moment, by whom ever; null if it has no name.</summary>
    /// <exception cref="ObjectDisposedException">The buffer was disposed.</exception>
    public string? Name => ReadFacts().Name;

    /// <summary>Takes over a descriptor that came from elsewhere, after the kernel has said that it is a dma-buf. On failure it stays the caller's, as it was.</summary>
    /// <param name="descriptor">As it was received or made.</param>
    /// <exception cref="DmaBufException">EINVAL: it is something else, the message says what; or <c>/proc</c> is not there to tell. EBADF: no open descriptor.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static KernelBuffer Adopt(SafeHandle descriptor)
    {
        LinuxOnly.Ensure();
        ArgumentNullException.ThrowIfNull(descriptor);
        OpenFileFacts file = OpenFileFacts.Of(descriptor);
        return KernelBufferFacts.Read(descriptor) is { } facts
            ? new(descriptor, facts, file.Identity)
            : throw new DmaBufException(
                Errno.EINVAL, $"Adopting {file.Kind} \"{file.Link}\" ({file.Identity}) as a dma-buf was refused: /proc/self/fdinfo does not name an exporter for it. Pass the descriptor of a dma-buf, where /proc is mounted; memory of memfd_create is MemoryFile.Adopt's.");
    }

    /// <summary>Asks the kernel again.</summary>
    /// <exception cref="ObjectDisposedException">The buffer was disposed.</exception>
    public KernelBufferFacts ReadFacts() => KernelBufferFacts.Read(Descriptor) ?? Facts;

    /// <summary>Gives the buffer a name, which everybody who may see it reads in <c>/proc</c> (<c>DMA_BUF_SET_NAME</c>).</summary>
    /// <param name="name">At most <see cref="MaximumNameBytes"/> bytes of UTF-8; empty takes the name away.</param>
    /// <exception cref="DmaBufException">EINVAL: the name is longer, or has a zero inside.</exception>
    /// <exception cref="ObjectDisposedException">The buffer was disposed.</exception>
    public unsafe void SetName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        if (bytes.Length > MaximumNameBytes || bytes.Contains((byte)0))
        {
            throw new DmaBufException(Errno.EINVAL, $"Naming {this} \"{name}\" was refused: the name has {bytes.Length} bytes of UTF-8. Use at most {MaximumNameBytes}, and no zero among them.");
        }

        // SAFETY: the kernel reads a text that ends with zero, and keeps a copy.
        fixed (byte* pointer = (byte[])[.. bytes, 0])
        {
            Check(DeviceCall.Try(Descriptor, DmaBufUapi.DMA_BUF_SET_NAME_B, pointer, out _), $"Naming it \"{name}\"");
        }
    }

    /// <summary>Maps all of it for the CPU, shared with all who hold it. The mapping is independent of this object and is the caller's to dispose.</summary>
    /// <param name="protection">Read, or read and write.</param>
    /// <exception cref="DmaBufException">EINVAL: its driver lets nobody map it; EACCES: the descriptor is not for writing; ENOMEM and others: as the kernel says.</exception>
    /// <exception cref="ObjectDisposedException">The buffer was disposed.</exception>
    public MemoryMapping Map(MemoryProtection protection) => MemoryMapping.Map(Descriptor, 0, Length, protection);

    /// <summary>Begins an access of the CPU through a mapping (<c>DMA_BUF_IOCTL_SYNC</c>): makes the bytes coherent, and blocks until the devices whose fences matter are done.</summary>
    /// <param name="direction">FromDevice: the CPU reads; ToDevice: it writes; Bidirectional: both.</param>
    /// <exception cref="DmaBufException">EINVAL: no such direction; else what the driver answers.</exception>
    /// <exception cref="ObjectDisposedException">The buffer was disposed.</exception>
    public void BeginCpuAccess(DmaDirection direction) =>
        Check(Synchronize(DmaBufUapi.DMA_BUF_SYNC_START | FlagsOf(direction)), $"Beginning CPU access ({direction})");

    /// <summary>Ends what <see cref="BeginCpuAccess"/> began, with the same direction: what the CPU wrote becomes visible to devices.</summary>
    /// <inheritdoc cref="BeginCpuAccess"/>
    public void EndCpuAccess(DmaDirection direction) => Check(TryEndCpuAccess(direction), $"Ending CPU access ({direction})");

    /// <summary>Waits, without blocking a thread, until a reader has nothing to wait for (poll's POLLIN): the writes that the kernel knows of have ended.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ObjectDisposedException">The buffer was disposed before the wait began; later a dispose does not disturb it.</exception>
    public Task WaitReadableAsync(CancellationToken cancellationToken = default) => DescriptorReactor.Shared.WaitUntilReadableAsync(Descriptor, cancellationToken);

    /// <summary>Waits, without blocking a thread, until a writer has nothing to wait for (poll's POLLOUT): reads and writes that the kernel knows of have ended.</summary>
    /// <inheritdoc cref="WaitReadableAsync"/>
    public Task WaitWritableAsync(CancellationToken cancellationToken = default) => DescriptorReactor.Shared.WaitUntilWritableAsync(Descriptor, cancellationToken);

    /// <summary>Opens a further descriptor of the same buffer, close-on-exec, which is the caller's.</summary>
    /// <exception cref="DmaBufException">EMFILE: as many descriptors are open as may be.</exception>
    /// <exception cref="ObjectDisposedException">The buffer was disposed.</exception>
    public SafeFileHandle DuplicateDescriptor()
    {
        SafeFileHandle copy = Libc.fcntl_duplicate(Descriptor, Libc.F_DUPFD_CLOEXEC, 0);
        if (!copy.IsInvalid)
        {
            return copy;
        }

        Errno errno = NativeError.Last;
        copy.Dispose();
        throw NativeError.Failure(errno, $"Duplicating the descriptor of {this}", NativeError.CommonRemedy(errno));
    }

    /// <summary>Closes this descriptor. The buffer lives until nobody holds it any more, in all processes and devices.</summary>
    public void Dispose() => Descriptor.Dispose();

    /// <summary>Exporter, length and identity, for people.</summary>
    public override string ToString() => $"dma-buf of {ExporterName} ({Length} bytes, inode {Identity.Inode})";

    internal Errno TryEndCpuAccess(DmaDirection direction) => Synchronize(DmaBufUapi.DMA_BUF_SYNC_END | FlagsOf(direction));

    private static ulong FlagsOf(DmaDirection direction) => direction switch
    {
        DmaDirection.FromDevice => DmaBufUapi.DMA_BUF_SYNC_READ,
        DmaDirection.ToDevice => DmaBufUapi.DMA_BUF_SYNC_WRITE,
        DmaDirection.Bidirectional => DmaBufUapi.DMA_BUF_SYNC_RW,
        _ => throw new DmaBufException(Errno.EINVAL, $"CPU access in direction {(int)direction} was refused. Use FromDevice, ToDevice or Bidirectional."),
    };

    /// <summary>A driver that was disturbed says EAGAIN as well as EINTR; both mean that nothing has happened.</summary>
    private Errno Synchronize(ulong flags)
    {
        DmaBufUapi.dma_buf_sync bracket = new() { flags = flags };
        Errno errno;
        do
        {
            errno = DeviceCall.Try(Descriptor, DmaBufUapi.DMA_BUF_IOCTL_SYNC, ref bracket);
        }
        while (errno == Errno.EAGAIN);
        return errno;
    }

    private void Check(Errno errno, string tried)
    {
        if (errno != Errno.None)
        {
            throw NativeError.Failure(errno, $"{tried} of {this}", NativeError.CommonRemedy(errno));
        }
    }
}
