using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>Makes sure that every byte of a peer's memory has a block behind it, which the number of blocks alone does not prove: some may lie beyond the end.</summary>
/// <remarks>
/// Theory. Asking for the first hole is quick, and a file without one is done; but blocks that were reserved and never written look like holes, too. So from the first hole on
/// the blocks are reserved here, which changes nothing where they exist. A descriptor that is not open for writing cannot reserve; then the number of blocks is believed. The question moves a
/// file's position, which the peer shares, so it is asked through a descriptor opened anew.
/// </remarks>
internal static class MemoryFileBlocks
{
    internal static void Ensure(SafeFileHandle descriptor, OpenFileFacts facts)
    {
        ulong hole = FirstHole(descriptor);
        while (hole < facts.Length && Libc.fallocate(descriptor, 0, (long)hole, (long)(facts.Length - hole)) != 0)
        {
            Errno errno = NativeError.Last;
            if (errno is Errno.EBADF or Errno.EPERM or Errno.EOPNOTSUPP)
            {
                return;
            }

            if (errno != Errno.EINTR)
            {
                throw NativeError.Failure(errno, $"Reserving what may be missing of {facts.Kind} \"{facts.Link}\" from byte {hole}",
                    "The sender must reserve all of it before sending; to accept memory that is allocated on access set AllowHoles.");
            }
        }
    }

    /// <summary>Where the first hole begins; 0 if that cannot be asked.</summary>
    private static ulong FirstHole(SafeFileHandle descriptor)
    {
        string path = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{descriptor.DangerousGetHandle()}");
        using SafeFileHandle own = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC);
        long hole = own.IsInvalid ? 0 : Libc.lseek(own, 0, Libc.SEEK_HOLE);
        return hole < 0 ? 0 : (ulong)hole;
    }
}
