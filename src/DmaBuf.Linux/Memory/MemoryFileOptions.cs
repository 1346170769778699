using System.Numerics;

namespace DmaBuf.Linux;

/// <summary>How <see cref="MemoryFile.Create"/> makes memory.</summary>
/// <remarks>Immutable, thus safe to share between threads.</remarks>
public sealed record MemoryFileOptions
{
    /// <summary>Ordinary pages, blocks reserved.</summary>
    public static MemoryFileOptions Default { get; } = new();

    /// <summary>Whether huge pages are used.</summary>
    public HugePageUse HugePages { get; init; }

    /// <summary>Size of a huge page in bytes, a power of two that the machine has; 2 MiB unless told.</summary>
    public ulong HugePageSize { get; init; } = 2UL << 20;

    /// <summary>
    /// Whether every block is reserved before the file is given out, so that no access can fail for want of memory. Without it the file
    /// is sparse, untouched pages cost nothing, and receivers must opt in to it (<see cref="MemoryFileRequirements.AllowHoles"/>). Huge pages are reserved in any case.
    /// </summary>
    public bool ReserveBlocks { get; init; } = true;

    internal void Validate(ulong length)
    {
        if (HugePages is < HugePageUse.None or > HugePageUse.Required)
        {
            throw new DmaBufException(Errno.EINVAL, $"Memory was asked for with huge page use {(int)HugePages}, which is none. Use a member of HugePageUse.");
        }

        if (HugePages == HugePageUse.None)
        {
            return;
        }

        if (!BitOperations.IsPow2(HugePageSize) || HugePageSize <= (ulong)Environment.SystemPageSize)
        {
            throw new DmaBufException(Errno.EINVAL,
                $"Memory was asked for in huge pages of {HugePageSize} bytes. Use a power of two above the page size, one of /sys/kernel/mm/hugepages.");
        }

        if (HugePages == HugePageUse.Required && length % HugePageSize != 0)
        {
            throw new DmaBufException(Errno.EINVAL,
                $"Memory of {length} bytes was asked for in huge pages of {HugePageSize} bytes. Make the length a whole number of them, or prefer huge pages instead of requiring them.");
        }
    }
}
