using System.Globalization;
using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

/// <summary>What the kernel says about a descriptor: kind, identity, sizes. A snapshot; only what is sealed stays true.</summary>
/// <remarks>Immutable, thus safe to share between threads. Sources: <c>statx</c>, <c>fstatfs</c>, the link in <c>/proc/self/fd</c>.</remarks>
/// <param name="Kind">What it stands for.</param>
/// <param name="Identity">Which file it is.</param>
/// <param name="Length">The file's size in bytes (<c>st_size</c>); 0 for kinds without a size.</param>
/// <param name="AllocatedBytes">Bytes for which blocks exist (<c>st_blocks</c>), in memory or in swap; may exceed <paramref name="Length"/>.</param>
/// <param name="PageSize">The granularity in which the file is mapped, in bytes: the huge page size for hugetlbfs, else the system's page size.</param>
/// <param name="Link">What the link in <c>/proc/self/fd</c> reads, for people; empty if <c>/proc</c> is not there.</param>
public sealed record OpenFileFacts(
    OpenFileKind Kind, DescriptorIdentity Identity, ulong Length, ulong AllocatedBytes, ulong PageSize, string Link)
{
    private const string MemoryFileLink = "/memfd:";
    private const string DmaBufferLink = "/dmabuf:";
    private const ulong BlockSize = 512;

    /// <summary>Whether every byte has a block behind it, so that no access needs to allocate one.</summary>
    public bool BlocksExist => AllocatedBytes >= Length;

    /// <summary>Asks the kernel about a descriptor; the descriptor stays the caller's.</summary>
    /// <exception cref="DmaBufException">EBADF: the handle is no open descriptor.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static OpenFileFacts Of(SafeHandle descriptor)
    {
        LinuxOnly.Ensure();
        ArgumentNullException.ThrowIfNull(descriptor);
        Libc.Statx status = ReadStatus(descriptor);
        Libc.Statfs fileSystem = ReadFileSystem(descriptor);
        string link = ReadLink(descriptor);
        OpenFileKind kind = KindOf(status.stx_mode & Libc.S_IFMT, fileSystem.f_type, link);
        ulong pageSize = kind == OpenFileKind.HugePageMemoryFile ? (ulong)fileSystem.f_bsize : (ulong)Environment.SystemPageSize;
        return new(kind, IdentityOf(status), status.stx_size, status.stx_blocks * BlockSize, pageSize, link);
    }

    internal static DescriptorIdentity IdentityOf(in Libc.Statx status) =>
        new(status.stx_dev_major, status.stx_dev_minor, status.stx_ino);

    /// <summary>File types are octal in the headers; the numbers here are theirs.</summary>
    internal static OpenFileKind KindOf(int fileType, long fileSystem, string link) => fileType switch
    {
        Libc.S_IFREG when fileSystem == Libc.HUGETLBFS_MAGIC => OpenFileKind.HugePageMemoryFile,
        Libc.S_IFREG when fileSystem == Libc.TMPFS_MAGIC && link.StartsWith(MemoryFileLink, StringComparison.Ordinal) => OpenFileKind.MemoryFile,
        Libc.S_IFREG when fileSystem == Libc.TMPFS_MAGIC => OpenFileKind.SharedMemoryFile,
        _ when link.StartsWith(DmaBufferLink, StringComparison.Ordinal) => OpenFileKind.DmaBuffer,
        Libc.S_IFREG => OpenFileKind.RegularFile,
        Libc.S_IFDIR => OpenFileKind.Directory,
        Libc.S_IFSOCK => OpenFileKind.Socket,
        Libc.S_IFIFO => OpenFileKind.Pipe,
        Libc.S_IFCHR or Libc.S_IFBLK => OpenFileKind.Device,
        _ => OpenFileKind.Other,
    };

    private static unsafe Libc.Statx ReadStatus(SafeHandle descriptor)
    {
        Libc.Statx status;
        if (Libc.statx(descriptor, "", Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &status) == 0)
        {
            return status;
        }

        Errno errno = NativeError.Last;
        throw NativeError.Failure(errno, $"statx of descriptor {Number(descriptor)}",
            errno == Errno.EBADF ? "Pass an open descriptor." : NativeError.CommonRemedy(errno));
    }

    private static unsafe Libc.Statfs ReadFileSystem(SafeHandle descriptor)
    {
        Libc.Statfs fileSystem;
        if (Libc.fstatfs(descriptor, &fileSystem) == 0)
        {
            return fileSystem;
        }

        Errno errno = NativeError.Last;
        throw NativeError.Failure(errno, $"fstatfs of descriptor {Number(descriptor)}", NativeError.CommonRemedy(errno));
    }

    private static string ReadLink(SafeHandle descriptor)
    {
        using DescriptorPath path = new(descriptor);
        return new FileInfo(path.Text).LinkTarget ?? "";
    }

    private static string Number(SafeHandle descriptor) => descriptor.DangerousGetHandle().ToString(CultureInfo.InvariantCulture);
}
