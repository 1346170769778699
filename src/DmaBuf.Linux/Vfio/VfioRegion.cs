namespace DmaBuf.Linux;

/// <summary>A region of a VFIO device: a BAR, the ROM or the configuration space. Read and written by calls, which the kernel refuses instead of faulting when the memory is away.</summary>
/// <remarks>Safe for all threads. The 16, 32 and 64 bit accesses are one access of that width on the bus if they are aligned; numbers are little endian as on PCI.</remarks>
public sealed partial class VfioRegion
{
    private readonly ulong _fileOffset;
    private readonly uint _flags;

    internal VfioRegion(VfioDevice device, int index, in VfioUapi.vfio_region_info info)
    {
        Device = device;
        Index = index;
        Length = info.size;
        _fileOffset = info.offset;
        _flags = info.flags;
    }

    /// <summary>The device that it belongs to.</summary>
    public VfioDevice Device { get; }

    /// <summary>0 to 5: BARs; 6: ROM; 7: configuration space.</summary>
    public int Index { get; }

    /// <summary>Bytes.</summary>
    public ulong Length { get; }

    /// <summary>Whether it can be written.</summary>
    public bool CanWrite => (_flags & VfioUapi.VFIO_REGION_INFO_FLAG_WRITE) != 0;

    /// <summary>Whether it can be mapped for the CPU, and so also for peers.</summary>
    public bool CanMap => (_flags & VfioUapi.VFIO_REGION_INFO_FLAG_MMAP) != 0;

    /// <summary>Reads bytes (<c>pread</c>).</summary>
    /// <param name="offset">The first byte within the region.</param>
    /// <param name="bytes">Filled wholly.</param>
    /// <exception cref="DmaBufException">EINVAL: outside the region; EIO or ENODEV: the memory is away; EPERM: it cannot be read.</exception>
    public unsafe void Read(ulong offset, Span<byte> bytes)
    {
        Require(offset, bytes.Length, "Reading");
        while (!bytes.IsEmpty)
        {
            nint done;

            // SAFETY: the kernel writes at most as many bytes as the span has, which stays where it is.
            fixed (byte* target = bytes)
            {
                done = Libc.pread(Device.Descriptor, target, (nuint)bytes.Length, (long)(_fileOffset + offset));
            }

            int moved = Moved(done, "Reading", offset, bytes.Length);
            bytes = bytes[moved..];
            offset += (ulong)moved;
        }
    }

    /// <summary>Writes bytes (<c>pwrite</c>).</summary>
    /// <param name="offset">The first byte within the region.</param>
    /// <param name="bytes">Written wholly.</param>
    /// <exception cref="DmaBufException">As <see cref="Read"/>. EPERM: of the configuration space, a write that takes the device's memory away behind everybody's back; use the device's methods for it.</exception>
    public unsafe void Write(ulong offset, ReadOnlySpan<byte> bytes)
    {
        Require(offset, bytes.Length, "Writing");
        if (Index == VfioUapi.VFIO_PCI_CONFIG_REGION_INDEX)
        {
            Device.RequireHarmless(offset, bytes);
        }

        WriteUnchecked(offset, bytes);
    }

    /// <summary>Maps a part of a BAR for the CPU, for registers that are asked often.</summary>
    /// <param name="offset">The first byte; a multiple of the page.</param>
    /// <param name="length">Bytes, at least 1.</param>
    /// <returns>The window; owned by the caller, and taken away when the memory goes.</returns>
    /// <exception cref="DmaBufException">ENODEV: the memory is away; EINVAL: unaligned, outside the region, or it cannot be mapped.</exception>
    public VfioRegionWindow OpenWindow(ulong offset, ulong length)
    {
        MappedRegion pages = MapPages(offset, length);
        try
        {
            return Device.Memory.UseWhileThere(() => new VfioRegionWindow(pages, length, ToString()));
        }
        catch
        {
            pages.Dispose();
            throw;
        }
    }

    /// <summary>Device and region.</summary>
    public override string ToString() => Index switch
    {
        VfioUapi.VFIO_PCI_CONFIG_REGION_INDEX => $"the configuration space of {Device}",
        VfioUapi.VFIO_PCI_ROM_REGION_INDEX => $"the ROM of {Device}",
        _ => $"BAR {Index} of {Device}",
    };

    internal unsafe void WriteUnchecked(ulong offset, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            nint done;

            // SAFETY: the kernel reads at most as many bytes as the span has, which stays where it is.
            fixed (byte* source = bytes)
            {
                done = Libc.pwrite(Device.Descriptor, source, (nuint)bytes.Length, (long)(_fileOffset + offset));
            }

            int moved = Moved(done, "Writing", offset, bytes.Length);
            bytes = bytes[moved..];
            offset += (ulong)moved;
        }
    }

    /// <summary>Address space of the BAR. Touched only by who holds the memory: an access while it is away ends the process.</summary>
    internal MappedRegion MapPages(ulong offset, ulong length)
    {
        ulong page = (ulong)Environment.SystemPageSize;
        if (!CanMap || length == 0 || offset % page != 0 || offset > Length || length > Length - offset)
        {
            throw new DmaBufException(
                Errno.EINVAL, $"Mapping 0x{length:x} bytes at 0x{offset:x} of {this} was refused: it has 0x{Length:x} bytes and {(CanMap ? "" : "can not be mapped; use Read and Write")}"
                    + $"{(CanMap ? $"is mapped from multiples of 0x{page:x}" : "")}. Stay within it.");
        }

        nuint pages = (nuint)((length + page - 1) / page * page);
        nint address = Libc.mmap(0, pages, Libc.PROT_READ | (CanWrite ? Libc.PROT_WRITE : 0), Libc.MAP_SHARED, Device.Descriptor, (long)(_fileOffset + offset));
        if (address == -1)
        {
            Errno errno = NativeError.Last;
            throw NativeError.Failure(errno, $"Mapping 0x{length:x} bytes at 0x{offset:x} of {this}", NativeError.CommonRemedy(errno));
        }

        return new MappedRegion(address, pages);
    }

    private void Require(ulong offset, int length, string tried)
    {
        if (offset > Length || (ulong)length > Length - offset)
        {
            throw new DmaBufException(Errno.EINVAL, $"{tried} {length} bytes at 0x{offset:x} of {this} was refused: it has 0x{Length:x} bytes. Stay within it.");
        }
    }

    private int Moved(nint done, string tried, ulong offset, int length)
    {
        if (done > 0)
        {
            return (int)done;
        }

        Errno errno = done < 0 ? NativeError.Last : Errno.EIO;
        if (errno == Errno.EINTR)
        {
            return 0;
        }

        throw NativeError.Failure(errno, $"{tried} {length} bytes at 0x{offset:x} of {this}", errno switch
        {
            Errno.EIO or Errno.ENODEV => "The device's memory is away: enable it first. After a close or an unplug nothing brings it back.",
            Errno.EINVAL => "The region has nothing there.",
            _ => NativeError.CommonRemedy(errno),
        });
    }
}
