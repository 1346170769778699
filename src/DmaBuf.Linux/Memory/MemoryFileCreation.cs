using System.Numerics;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>The steps of making a memory file: checks, descriptor, length, blocks. Any step that fails closes what the earlier ones made.</summary>
internal static class MemoryFileCreation
{
    internal static SafeFileHandle Create(string name, ulong length, MemoryFileOptions options)
    {
        CheckName(name);
        CheckLength(name, length);
        options.Validate(length);
        if (options.HugePages == HugePageUse.Required || (options.HugePages == HugePageUse.Preferred && length % options.HugePageSize == 0))
        {
            DmaBufException? failure = TryMake(name, length, HugePageFlags(options.HugePageSize), reserve: true, out SafeFileHandle huge);
            if (failure is null)
            {
                return huge;
            }

            if (options.HugePages == HugePageUse.Required)
            {
                throw failure;
            }
        }
        if (options.ReserveBlocks)
        {
            CheckHeadroom(name, length, MemoryHeadroom.Read());
        }

        return TryMake(name, length, 0, options.ReserveBlocks, out SafeFileHandle file) is { } error ? throw error : file;
    }

    internal static void CheckHeadroom(string name, ulong length, MemoryHeadroom headroom)
    {
        if (length > headroom.AvailableBytes)
        {
            throw new DmaBufException(Errno.ENOMEM,
                $"Memory file \"{name}\" of {length} bytes was asked for, and {headroom.AvailableBytes} bytes are free ({headroom.Source}). "
                + "Ask for less, end what uses memory, or raise the limit; nothing was taken.");
        }
    }

    private static uint HugePageFlags(ulong pageSize) => Libc.MFD_HUGETLB | ((uint)BitOperations.Log2(pageSize) << Libc.MFD_HUGE_SHIFT);

    private static void CheckName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        int bytes = Encoding.UTF8.GetByteCount(name);
        if (bytes > MemoryFile.MaximumNameBytes)
        {
            throw new DmaBufException(Errno.EINVAL,
                $"A memory file was to be named with {bytes} bytes. The kernel takes at most {MemoryFile.MaximumNameBytes} bytes of UTF-8: shorten the name.");
        }

        if (name.Any(char.IsControl))
        {
            throw new DmaBufException(Errno.EINVAL,
                "A memory file was to be named with a control character. It would garble /proc for others: leave it out.");
        }
    }

    private static void CheckLength(string name, ulong length)
    {
        if (length == 0)
        {
            throw new DmaBufException(Errno.EINVAL, $"Memory file \"{name}\" was asked for with no bytes. Ask for at least one.");
        }

        if (length > long.MaxValue)
        {
            throw new DmaBufException(Errno.EOVERFLOW, $"Memory file \"{name}\" was asked for with {length} bytes. A file has at most {long.MaxValue}.");
        }
    }

    /// <returns>Null, and the file; or what failed, and a handle that is closed or invalid.</returns>
    private static DmaBufException? TryMake(string name, ulong length, uint flags, bool reserve, out SafeFileHandle file)
    {
        file = Open(name, flags, out Errno errno);
        if (errno != Errno.None)
        {
            return NativeError.Failure(errno, $"memfd_create \"{name}\"{InHugePages(flags)}", RemedyOfOpen(errno, flags));
        }

        DmaBufException? failure = Resize(name, length, file, flags) ?? (reserve ? Reserve(name, length, file, flags) : null);
        if (failure is not null)
        {
            file.Dispose();
        }

        return failure;
    }

    private static SafeFileHandle Open(string name, uint flags, out Errno errno)
    {
        uint common = flags | Libc.MFD_CLOEXEC | Libc.MFD_ALLOW_SEALING;
        SafeFileHandle file = Libc.memfd_create(name, common | Libc.MFD_NOEXEC_SEAL);
        errno = file.IsInvalid ? NativeError.Last : Errno.None;
        if (errno != Errno.EINVAL)
        {
            return file;
        }
        // Before Linux 6.3 the kernel answers EINVAL to a flag that it does not know; name and other flags are valid by now.
        file = Libc.memfd_create(name, common);
        errno = file.IsInvalid ? NativeError.Last : Errno.None;
        return file;
    }

    private static DmaBufException? Resize(string name, ulong length, SafeFileHandle file, uint flags)
    {
        int result;
        do
        {
            result = Libc.ftruncate(file, (long)length);
        }
        while (result != 0 && NativeError.Last == Errno.EINTR);
        if (result == 0)
        {
            return null;
        }

        Errno errno = NativeError.Last;
        return NativeError.Failure(errno, $"ftruncate of memory file \"{name}\" to {length} bytes{InHugePages(flags)}", errno switch
        {
            Errno.EFBIG or Errno.EINVAL => "The kernel makes no file of that length: ask for less (see also ulimit -f).",
            _ => NativeError.CommonRemedy(errno),
        });
    }

    private static DmaBufException? Reserve(string name, ulong length, SafeFileHandle file, uint flags)
    {
        for (ulong offset = 0; offset < length;)
        {
            ulong piece = Math.Min(Math.Max(MemoryFileBlocks.Piece, PageSizeOf(flags)), length - offset);
            if (Libc.fallocate(file, 0, (long)offset, (long)piece) == 0)
            {
                offset += piece;
                continue;
            }
            Errno errno = NativeError.Last;
            if (errno != Errno.EINTR)
            {
                return NativeError.Failure(errno, $"fallocate of memory file \"{name}\", byte {offset} of {length}{InHugePages(flags)}", RemedyOfReserve(errno, flags));
            }
        }
        return null;
    }

    private static ulong PageSizeOf(uint flags) => flags == 0 ? 0 : 1UL << (int)(flags >> Libc.MFD_HUGE_SHIFT);

    private static string InHugePages(uint flags) => flags == 0 ? "" : $", in huge pages of {PageSizeOf(flags)} bytes";

    private static string RemedyOfOpen(Errno errno, uint flags) => errno switch
    {
        Errno.ENODEV or Errno.EINVAL when flags != 0 => "The machine has no huge pages of that size: see /sys/kernel/mm/hugepages, or use ordinary pages.",
        _ => NativeError.CommonRemedy(errno),
    };

    private static string RemedyOfReserve(Errno errno, uint flags) => errno switch
    {
        _ when flags != 0 => "Too few huge pages are free: raise vm.nr_hugepages, or prefer huge pages instead of requiring them.",
        Errno.ENOSPC => "The kernel could not reserve the blocks (memory, swap or commit limit): ask for less, or free some.",
        _ => NativeError.CommonRemedy(errno),
    };
}
