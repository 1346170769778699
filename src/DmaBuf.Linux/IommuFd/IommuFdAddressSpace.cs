using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

/// <summary>An I/O address space of iommufd (IOAS): what is mapped here, attached devices reach.</summary>
/// <remarks>
/// <para>Memory comes in by its CPU address, or by its descriptor (<see cref="MapFile"/>): memory files, and of DMA-bufs the BARs of VFIO devices alone. A BAR's mapping dies when its device
/// loses its memory and stays dead when the memory comes back; unmapping it works all the same.</para>
/// <para>Safe for all threads. Detach devices first, then dispose this.</para>
/// </remarks>
public sealed class IommuFdAddressSpace : IDisposable
{
    private readonly IommuFdContext _context;
    private int _disposed;

    internal IommuFdAddressSpace(IommuFdContext context, uint id)
    {
        _context = context;
        Id = id;
    }

    /// <summary>The kernel's number for it, within its context.</summary>
    public uint Id { get; }

    /// <summary>Maps memory by its CPU address (<c>IOMMU_IOAS_MAP</c>).</summary>
    /// <param name="memory">Stays the caller's; may be disposed after this.</param>
    /// <param name="offset">The first byte within the mapping.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="address">Where devices find it; null: the kernel chooses.</param>
    /// <param name="direction">What devices may do.</param>
    /// <returns>The mapping; dispose it to unmap.</returns>
    /// <exception cref="DmaBufException">EEXIST: something is mapped there; EINVAL: unaligned, empty or reserved; EFAULT: the pages cannot be pinned, as those of a BAR; ENOSPC: no free range; ENOMEM: the limit of locked memory.</exception>
    public IommuFdMapping Map(MemoryMapping memory, ulong offset, ulong length, DmaAddress? address, DmaDirection direction)
    {
        ArgumentNullException.ThrowIfNull(memory);
        if (offset > memory.Length || length > memory.Length - offset)
        {
            throw new DmaBufException(Errno.EINVAL, $"Mapping 0x{length:x} bytes at 0x{offset:x} of memory for DMA was refused: it has 0x{memory.Length:x} bytes. Stay within it.");
        }

        IommuFdUapi.iommu_ioas_map map = new()
        {
            size = UapiSize.Of<IommuFdUapi.iommu_ioas_map>(),
            flags = FlagsOf(address, direction),
            ioas_id = Id,
            user_va = (ulong)memory.Address + offset,
            length = length,
            iova = address?.Value ?? 0,
        };
        Errno errno = DeviceCall.Try(_context.Descriptor, IommuFdUapi.IOMMU_IOAS_MAP, ref map);
        return Mapped(errno, map.iova, length, "memory");
    }

    /// <summary>Maps memory by its descriptor (<c>IOMMU_IOAS_MAP_FILE</c>, Linux 6.13).</summary>
    /// <param name="descriptor">A memory file, or the DMA-buf of a VFIO device's BAR; borrowed for the call.</param>
    /// <param name="start">The first byte within the file.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="address">Where devices find it; null: the kernel chooses.</param>
    /// <param name="direction">What devices may do.</param>
    /// <returns>The mapping; dispose it to unmap.</returns>
    /// <exception cref="DmaBufException">EOPNOTSUPP: a DMA-buf of another exporter than VFIO; ENODEV: the BAR's memory is away, or its device was closed; else as <see cref="Map"/>.</exception>
    public IommuFdMapping MapFile(SafeHandle descriptor, ulong start, ulong length, DmaAddress? address, DmaDirection direction)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        bool added = false;
        try
        {
            descriptor.DangerousAddRef(ref added);
            IommuFdUapi.iommu_ioas_map_file map = new()
            {
                size = UapiSize.Of<IommuFdUapi.iommu_ioas_map_file>(),
                flags = FlagsOf(address, direction),
                ioas_id = Id,
                fd = (int)descriptor.DangerousGetHandle(),
                start = start,
                length = length,
                iova = address?.Value ?? 0,
            };
            Errno errno = DeviceCall.Try(_context.Descriptor, IommuFdUapi.IOMMU_IOAS_MAP_FILE, ref map);
            return Mapped(errno, map.iova, length, $"a file ({OpenFileFacts.Of(descriptor).Link})");
        }
        finally
        {
            if (added)
            {
                descriptor.DangerousRelease();
            }
        }
    }

    /// <summary>Maps in this space what another space of the same context has mapped (<c>IOMMU_IOAS_COPY</c>): the pages are pinned once.</summary>
    /// <param name="source">The mapping; both live on independently.</param>
    /// <param name="address">Where devices of this space find it; null: the kernel chooses.</param>
    /// <param name="direction">What they may do; no more than the source allows.</param>
    /// <returns>The mapping; dispose it to unmap.</returns>
    /// <exception cref="DmaBufException">ENOENT: the source is unmapped; EPERM: the source is not writable; EEXIST and others as <see cref="Map"/>.</exception>
    public IommuFdMapping CopyFrom(IommuFdMapping source, DmaAddress? address, DmaDirection direction)
    {
        ArgumentNullException.ThrowIfNull(source);
        IommuFdUapi.iommu_ioas_copy copy = new()
        {
            size = UapiSize.Of<IommuFdUapi.iommu_ioas_copy>(),
            flags = FlagsOf(address, direction),
            dst_ioas_id = Id,
            src_ioas_id = source.Space.Id,
            length = source.Range.Length,
            dst_iova = address?.Value ?? 0,
            src_iova = source.Range.Start.Value,
        };
        Errno errno = DeviceCall.Try(_context.Descriptor, IommuFdUapi.IOMMU_IOAS_COPY, ref copy);
        return Mapped(errno, copy.dst_iova, source.Range.Length, $"what address space {source.Space.Id} has at {source.Range}");
    }

    /// <summary>What can be mapped now (<c>IOMMU_IOAS_IOVA_RANGES</c>): attached devices narrow it.</summary>
    /// <exception cref="DmaBufException">As the kernel says.</exception>
    public unsafe IovaLimits ReadLimits()
    {
        // A first call without room says how much is needed; devices that attach meanwhile may need a third.
        for (uint room = 0; ;)
        {
            IommuFdUapi.iommu_iova_range[] ranges = new IommuFdUapi.iommu_iova_range[room];
            IommuFdUapi.iommu_ioas_iova_ranges ask = new() { size = UapiSize.Of<IommuFdUapi.iommu_ioas_iova_ranges>(), ioas_id = Id, num_iovas = room };
            Errno errno;

            // SAFETY: the list has as many places as the argument says, and stays where it is during the call.
            fixed (IommuFdUapi.iommu_iova_range* list = ranges)
            {
                ask.allowed_iovas = (ulong)list;
                errno = DeviceCall.Try(_context.Descriptor, IommuFdUapi.IOMMU_IOAS_IOVA_RANGES, ref ask);
            }

            if (errno == Errno.None)
            {
                return new IovaLimits(ask.out_iova_alignment, [.. ranges[..(int)ask.num_iovas].Select(static range => new DmaRange(new DmaAddress(range.start), LengthOf(range)))]);
            }

            if (errno != Errno.EMSGSIZE)
            {
                throw NativeError.Failure(errno, $"Asking address space {Id} of iommufd for its ranges", DmaMapRemedy.For(errno));
            }

            room = ask.num_iovas;
        }
    }

    /// <summary>Whether the kernel may join neighbouring pages to larger IOMMU pages (<c>IOMMU_OPTION_HUGE_PAGES</c>); it does unless told otherwise.</summary>
    /// <param name="allowed">False: pages stay as small as they come, so that any part can be unmapped.</param>
    /// <exception cref="DmaBufException">EINVAL: something is mapped already.</exception>
    public void AllowHugePages(bool allowed)
    {
        IommuFdUapi.iommu_option option = new()
        {
            size = UapiSize.Of<IommuFdUapi.iommu_option>(),
            option_id = IommuFdUapi.IOMMU_OPTION_HUGE_PAGES,
            op = IommuFdUapi.IOMMU_OPTION_OP_SET,
            object_id = Id,
            val64 = allowed ? 1UL : 0,
        };
        Errno errno = DeviceCall.Try(_context.Descriptor, IommuFdUapi.IOMMU_OPTION, ref option);
        if (errno != Errno.None)
        {
            throw NativeError.Failure(errno, $"Setting the option of huge pages of address space {Id} of iommufd", "Set it while nothing is mapped and no device is attached.");
        }
    }

    /// <summary>Destroys the space with what is mapped in it. Never throws; while a device is attached it lives on until the context is closed.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _context.Destroy(Id);
        }
    }

    internal Errno Unmap(DmaRange range)
    {
        IommuFdUapi.iommu_ioas_unmap unmap = new()
        {
            size = UapiSize.Of<IommuFdUapi.iommu_ioas_unmap>(),
            ioas_id = Id,
            iova = range.Start.Value,
            length = range.Length,
        };
        return DeviceCall.Try(_context.Descriptor, IommuFdUapi.IOMMU_IOAS_UNMAP, ref unmap);
    }

    private IommuFdMapping Mapped(Errno errno, ulong address, ulong length, string what) => errno == Errno.None
        ? new IommuFdMapping(this, new DmaRange(new DmaAddress(address), length))
        : throw NativeError.Failure(errno, $"Mapping 0x{length:x} bytes of {what} in address space {Id} of iommufd", DmaMapRemedy.For(errno));

    private static ulong LengthOf(IommuFdUapi.iommu_iova_range range) => range.last - range.start == ulong.MaxValue ? ulong.MaxValue : range.last - range.start + 1;

    private static uint FlagsOf(DmaAddress? address, DmaDirection direction) => (address is null ? 0 : IommuFdUapi.IOMMU_IOAS_MAP_FIXED_IOVA) | direction switch
    {
        DmaDirection.Bidirectional => IommuFdUapi.IOMMU_IOAS_MAP_READABLE | IommuFdUapi.IOMMU_IOAS_MAP_WRITEABLE,
        DmaDirection.ToDevice => IommuFdUapi.IOMMU_IOAS_MAP_READABLE,
        DmaDirection.FromDevice => IommuFdUapi.IOMMU_IOAS_MAP_WRITEABLE,
        _ => throw new DmaBufException(Errno.EINVAL, $"A DMA mapping was asked for with direction {(int)direction}, which is none. Use Bidirectional, ToDevice or FromDevice."),
    };
}
