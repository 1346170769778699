using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

/// <summary>An I/O address space of iommufd (IOAS): what is mapped here, attached devices reach.</summary>
/// <remarks>
/// <para>Memory comes in by its CPU address, or by its descriptor (<see cref="MapFile"/>): memory files, and of DMA-bufs the BARs of VFIO devices alone. A BAR's mapping dies when its device
/// loses its memory and stays dead when the memory comes back; unmapping it works all the same.</para>
/// <para>Safe for all threads. Detach devices first, then dispose this.</para>
/// </remarks>
public sealed partial class IommuFdAddressSpace : IDisposable
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

    private static uint FlagsOf(DmaAddress? address, DmaDirection direction) => (address is null ? 0 : IommuFdUapi.IOMMU_IOAS_MAP_FIXED_IOVA) | direction switch
    {
        DmaDirection.Bidirectional => IommuFdUapi.IOMMU_IOAS_MAP_READABLE | IommuFdUapi.IOMMU_IOAS_MAP_WRITEABLE,
        DmaDirection.ToDevice => IommuFdUapi.IOMMU_IOAS_MAP_READABLE,
        DmaDirection.FromDevice => IommuFdUapi.IOMMU_IOAS_MAP_WRITEABLE,
        _ => throw new DmaBufException(Errno.EINVAL, $"A DMA mapping was asked for with direction {(int)direction}, which is none. Use Bidirectional, ToDevice or FromDevice."),
    };
}
