using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>Makes sure that every byte of memory has a block behind it, which the number of blocks alone does not prove: some may lie beyond the end.</summary>
/// <remarks>
/// Theory. Asking for the first hole is quick, and a file without one is done; but blocks that were reserved and never written look like holes, too. So from the first hole on
/// the blocks are reserved here, which changes nothing where they exist, and never the length. Huge-page memory answers the question with its end, whatever is missing: there all of it is
/// reserved. The question moves a file's position, which the peer shares, and a descriptor may be read-only: both are done through a descriptor opened anew. Where that may not write either,
/// nothing proves that the blocks exist, and the memory is refused.
/// </remarks>
internal static class MemoryFileBlocks
{
    /// <summary>
    /// Blocks are reserved in pieces: a signal (the runtime uses some) interrupts <c>fallocate</c>, which then gives back all that the call had
    /// reserved; with small calls little is lost and progress is certain.
    /// </summary>
    internal const ulong Piece = 64UL << 20;

    /// <exception cref="DmaBufException">EINVAL: blocks may be missing, and may not be reserved. ENOSPC and others: they could not be.</exception>
    internal static void Ensure(SafeFileHandle descriptor, OpenFileFacts facts)
    {
        ulong offset = facts.Kind == OpenFileKind.HugePageMemoryFile ? 0 : FirstHole(descriptor);
        if (offset >= facts.Length)
        {
            return;
        }

        using SafeFileHandle own = OpenAnew(descriptor, Libc.O_RDWR);
        SafeFileHandle writable = own.IsInvalid ? descriptor : own;
        while (offset < facts.Length)
        {
            ulong piece = Math.Min(Math.Max(Piece, facts.PageSize), facts.Length - offset);
            Errno errno = Libc.fallocate(writable, Libc.FALLOC_FL_KEEP_SIZE, (long)offset, (long)piece) == 0 ? Errno.None : NativeError.Last;
            if (errno == Errno.None)
            {
                offset += piece;
            }
            else if (errno != Errno.EINTR)
            {
                throw Failure(errno, facts, offset);
            }
        }
    }

    /// <summary>Where the first hole begins; 0 if that cannot be asked.</summary>
    private static ulong FirstHole(SafeFileHandle descriptor)
    {
        using SafeFileHandle own = OpenAnew(descriptor, Libc.O_RDONLY);
        long hole = own.IsInvalid ? 0 : Libc.lseek(own, 0, Libc.SEEK_HOLE);
        return hole < 0 ? 0 : (ulong)hole;
    }

    private static SafeFileHandle OpenAnew(SafeFileHandle descriptor, int access)
    {
        using DescriptorPath path = new(descriptor);
        return Libc.open(path.Text, access | Libc.O_CLOEXEC);
    }

    private static DmaBufException Failure(Errno errno, OpenFileFacts facts, ulong offset)
    {
        string what = $"Reserving what may be missing of {facts.Kind} \"{facts.Link}\" from byte {offset}";
        return errno is Errno.EBADF or Errno.EPERM or Errno.EOPNOTSUPP
            ? new DmaBufException(
                Errno.EINVAL,
                $"{what} was not permitted ({errno}), so nothing proves that its blocks exist. The sender must write every byte before sending, or send a descriptor that is open for writing; "
                    + "to accept memory that is allocated on access set AllowHoles.")
            : NativeError.Failure(errno, what, "The sender must reserve all of it before sending; to accept memory that is allocated on access set AllowHoles.");
    }
}
