using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>Fences of the kernel behind a descriptor (<c>sync_file</c>): work that somebody started, to be waited for by somebody else, also in another process.</summary>
/// <remarks>
/// <para>Theory. Drivers attach fences to a dma-buf by themselves (implicit fences). <see cref="ExportFrom"/> takes what is attached now out as a sync_file, and <see cref="ImportInto"/> attaches a
/// sync_file to a dma-buf: so an interface with explicit fences meets one with implicit fences. A sync_file never changes: its fences end, once.</para>
/// <para>Threads: all members, any thread. Dispose closes the descriptor; fences, waits and sync_files made from this one go on.</para>
/// </remarks>
public sealed class SyncFile : IDisposable
{
    /// <summary>The longest name of a merged sync_file, in bytes of UTF-8.</summary>
    public const int MaximumNameBytes = 31;

    private const string Link = "anon_inode:sync_file";

    private SyncFile(SafeHandle descriptor) => Descriptor = descriptor;

    /// <summary>The descriptor, owned by this object: pass it on, do not dispose it.</summary>
    public SafeHandle Descriptor { get; }

    /// <summary>Takes over a descriptor that came from elsewhere, after a look at what it is. On failure it stays the caller's.</summary>
    /// <exception cref="DmaBufException">EINVAL: it is no sync_file, the message says what it is; EBADF: no open descriptor.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static SyncFile Adopt(SafeHandle descriptor)
    {
        LinuxOnly.Ensure();
        ArgumentNullException.ThrowIfNull(descriptor);
        OpenFileFacts file = OpenFileFacts.Of(descriptor);
        return file.Link == Link
            ? new(descriptor)
            : throw new DmaBufException(Errno.EINVAL, $"Adopting {file.Kind} \"{file.Link}\" as a sync_file was refused: it is none. Pass the descriptor of a sync_file.");
    }

    /// <summary>Takes the implicit fences that a buffer has at this moment (<c>DMA_BUF_IOCTL_EXPORT_SYNC_FILE</c>, Linux 6.0).</summary>
    /// <param name="buffer">The buffer.</param>
    /// <param name="access">Read: what a reader waits for, the writes. ReadWrite: what a writer waits for, reads and writes.</param>
    /// <returns>The sync_file, the caller's to dispose; of an idle buffer one that is signaled.</returns>
    /// <exception cref="DmaBufException">ENOTTY: the kernel is older; EMFILE.</exception>
    public static SyncFile ExportFrom(KernelBuffer buffer, CpuAccess access)
    {
        LinuxOnly.Ensure();
        ArgumentNullException.ThrowIfNull(buffer);
        DmaBufUapi.dma_buf_export_sync_file request = new() { flags = FlagsOf(access), fd = -1 };
        Errno errno = DeviceCall.Try(buffer.Descriptor, DmaBufUapi.DMA_BUF_IOCTL_EXPORT_SYNC_FILE, ref request);
        return errno == Errno.None ? new(new SafeFileHandle(request.fd, ownsHandle: true)) : throw Failure(errno, $"Exporting the fences of {buffer}");
    }

    /// <summary>One sync_file for both: signaled when all of their fences are (<c>SYNC_IOC_MERGE</c>).</summary>
    /// <param name="name">For people; at most <see cref="MaximumNameBytes"/> bytes of UTF-8.</param>
    /// <param name="one">The first; stays the caller's.</param>
    /// <param name="other">The second; stays the caller's.</param>
    /// <returns>The merged one, the caller's to dispose.</returns>
    /// <exception cref="DmaBufException">EINVAL: the name is too long; EMFILE.</exception>
    public static unsafe SyncFile Merge(string name, SyncFile one, SyncFile other)
    {
        LinuxOnly.Ensure();
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        SyncFileUapi.sync_merge_data request = new();
        if (!Encoding.UTF8.TryGetBytes(name, new Span<byte>(request.name, MaximumNameBytes), out _))
        {
            throw new DmaBufException(Errno.EINVAL, $"Merging sync_files as \"{name}\" was refused: the name is too long. Use at most {MaximumNameBytes} bytes of UTF-8.");
        }

        bool isHeld = false;
        try
        {
            other.Descriptor.DangerousAddRef(ref isHeld);
            request.fd2 = (int)other.Descriptor.DangerousGetHandle();
            Errno errno = DeviceCall.Try(one.Descriptor, SyncFileUapi.SYNC_IOC_MERGE, ref request);
            return errno == Errno.None ? new(new SafeFileHandle(request.fence, ownsHandle: true)) : throw Failure(errno, $"Merging two sync_files as \"{name}\"");
        }
        finally
        {
            if (isHeld)
            {
                other.Descriptor.DangerousRelease();
            }
        }
    }

    /// <summary>Attaches these fences to a buffer as implicit ones (<c>DMA_BUF_IOCTL_IMPORT_SYNC_FILE</c>, Linux 6.0): drivers, polls and CPU accesses then wait for them.</summary>
    /// <param name="buffer">The buffer.</param>
    /// <param name="access">Read: the work behind the fences reads the buffer, so writers wait. ReadWrite: it writes, so all wait.</param>
    /// <exception cref="DmaBufException">ENOTTY: the kernel is older.</exception>
    public void ImportInto(KernelBuffer buffer, CpuAccess access)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        bool isHeld = false;
        try
        {
            Descriptor.DangerousAddRef(ref isHeld);
            DmaBufUapi.dma_buf_import_sync_file request = new()
            {
                flags = (uint)(access == CpuAccess.Read ? DmaBufUapi.DMA_BUF_SYNC_READ : DmaBufUapi.DMA_BUF_SYNC_WRITE),
                fd = (int)Descriptor.DangerousGetHandle(),
            };
            Errno errno = DeviceCall.Try(buffer.Descriptor, DmaBufUapi.DMA_BUF_IOCTL_IMPORT_SYNC_FILE, ref request);
            if (errno != Errno.None)
            {
                throw Failure(errno, $"Attaching a sync_file to {buffer}");
            }
        }
        finally
        {
            if (isHeld)
            {
                Descriptor.DangerousRelease();
            }
        }
    }

    /// <summary>What the kernel says of it and its fences now.</summary>
    /// <exception cref="ObjectDisposedException">The sync_file was disposed.</exception>
    public SyncFileInfo ReadInfo() => SyncFileInfo.Read(Descriptor, out SyncFileInfo? info) is var errno && errno == Errno.None ? info! : throw Failure(errno, "Asking a sync_file for its fences");

    /// <summary>Waits, without blocking a thread, until all its fences have ended, well or badly; look at <see cref="ReadInfo"/> then.</summary>
    /// <param name="cancellationToken">Ends the wait, not the work.</param>
    /// <exception cref="ObjectDisposedException">Disposed before the wait began; later a dispose does not disturb it.</exception>
    public Task WaitAsync(CancellationToken cancellationToken = default) => DescriptorReactor.Shared.WaitUntilReadableAsync(Descriptor, cancellationToken);

    /// <summary>
    /// A fence of the framework that signals when this sync_file does, with its error, and can be added to reservations. The sync_file may be disposed meanwhile.
    /// </summary>
    /// <param name="name">The timeline's name, for people.</param>
    /// <param name="stop">Ends the following: the fence then fails with ECANCELED, if the work has not ended. Without it the fence lives as long as the work.</param>
    /// <exception cref="DmaBufException">EMFILE: a descriptor is held while the fence is pending.</exception>
    /// <exception cref="ObjectDisposedException">The sync_file was disposed.</exception>
    public Fence Follow(string name, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        SafeFileHandle copy = Libc.fcntl_duplicate(Descriptor, Libc.F_DUPFD_CLOEXEC, 0);
        if (copy.IsInvalid)
        {
            Errno errno = NativeError.Last;
            copy.Dispose();
            throw Failure(errno, "Duplicating a sync_file to follow it");
        }

        FenceSource source = new FenceContext(name).CreateFence();
        _ = SyncFileFollower.FollowAsync(copy, source, stop);
        return source.Fence;
    }

    /// <summary>Closes the descriptor.</summary>
    public void Dispose() => Descriptor.Dispose();

    private static uint FlagsOf(CpuAccess access) => (uint)(access == CpuAccess.Read ? DmaBufUapi.DMA_BUF_SYNC_READ : DmaBufUapi.DMA_BUF_SYNC_RW);

    private static DmaBufException Failure(Errno errno, string tried) => NativeError.Failure(errno, tried, errno switch
    {
        Errno.ENOTTY => "The kernel is older than Linux 6.0, which brought this.",
        _ => NativeError.CommonRemedy(errno),
    });
}
