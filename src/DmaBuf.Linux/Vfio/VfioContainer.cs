using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>
/// One I/O address space for the devices of one or more groups (<c>/dev/vfio/vfio</c>, type 1 version 2): memory that is mapped here at an I/O virtual address is what its devices reach there.
/// </summary>
/// <remarks>
/// <para>Theory. The kernel pins the pages behind a CPU address and writes them into the IOMMU. Pages that cannot be pinned (those of most DMA-bufs) are refused with EFAULT, except a BAR
/// of a VFIO device, which is mapped as it is: so peers reach each other. What is not mapped cannot be reached: the IOMMU drops such accesses, and no device reports it.</para>
/// <para>The kernel knows nothing of a BAR's device being reset while it is mapped here. So this class does: what <see cref="MapRegion"/> made is unmapped before its
/// device is reset, loses its memory space or is closed.</para>
/// <para>Safe for all threads. Owns its groups' membership; dispose mappings and devices first, then this.</para>
/// </remarks>
public sealed class VfioContainer : IDisposable
{
    private const string Node = "/dev/vfio/vfio";
    private readonly Lock _gate = new();
    private readonly SafeFileHandle _descriptor;
    private bool _hasIommu;

    private VfioContainer(SafeFileHandle descriptor) => _descriptor = descriptor;

    /// <summary>Opens an empty container.</summary>
    /// <exception cref="DmaBufException">ENOENT: this kernel has no VFIO loaded; EACCES: not for this user; EOPNOTSUPP: it has no type 1 interface.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static VfioContainer Open()
    {
        LinuxOnly.Ensure();
        SafeFileHandle descriptor = DeviceNode.Open(Node, "VFIO is not loaded: modprobe vfio-pci vfio_iommu_type1.");
        Errno errno = DeviceCall.TryValue(descriptor, VfioUapi.VFIO_CHECK_EXTENSION, VfioUapi.VFIO_TYPE1v2_IOMMU, out int has);
        if (errno == Errno.None && has > 0)
        {
            return new VfioContainer(descriptor);
        }

        descriptor.Dispose();
        throw new DmaBufException(Errno.EOPNOTSUPP, $"{Node} has no IOMMU interface of type 1 version 2. Load it (modprobe vfio_iommu_type1), or use iommufd.");
    }

    /// <summary>Takes a group in: its devices reach what is mapped here from now on, also what was mapped before.</summary>
    /// <param name="group">Stays the caller's; it leaves the container when it is disposed.</param>
    /// <exception cref="DmaBufException">EBUSY: the group is in a container; EPERM: it is not viable; ENODEV and others: its IOMMU does not fit.</exception>
    public void Add(VfioGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        lock (_gate)
        {
            group.JoinContainer(_descriptor);
            if (_hasIommu)
            {
                return;
            }

            Errno errno = DeviceCall.TryValue(_descriptor, VfioUapi.VFIO_SET_IOMMU, VfioUapi.VFIO_TYPE1v2_IOMMU, out _);
            if (errno != Errno.None)
            {
                throw NativeError.Failure(errno, $"Setting the IOMMU of the container of {group}", errno switch
                {
                    Errno.ENODEV => "vfio_iommu_type1 is not loaded (modprobe vfio_iommu_type1), or the group has no IOMMU.",
                    Errno.EPERM => "This IOMMU cannot isolate interrupts: it needs interrupt remapping, or allow_unsafe_interrupts=1 of vfio_iommu_type1.",
                    _ => NativeError.CommonRemedy(errno),
                });
            }

            _hasIommu = true;
        }
    }

    /// <summary>What its IOMMU can do now (<c>VFIO_IOMMU_GET_INFO</c>).</summary>
    /// <exception cref="DmaBufException">EINVAL: no group was added yet.</exception>
    public IovaLimits ReadLimits() => VfioContainerInfo.Read(_descriptor);

    /// <summary>Maps memory at an I/O virtual address (<c>VFIO_IOMMU_MAP_DMA</c>); its pages are pinned until it is unmapped.</summary>
    /// <param name="memory">Must be mapped when this is called; may be disposed after it.</param>
    /// <param name="offset">The first byte within the mapping; a multiple of the IOMMU's smallest page.</param>
    /// <param name="length">Bytes; a multiple of the IOMMU's smallest page.</param>
    /// <param name="address">Where the devices find it; a multiple of the IOMMU's smallest page.</param>
    /// <param name="direction">What the devices may do.</param>
    /// <returns>The mapping; dispose it to unmap.</returns>
    /// <exception cref="DmaBufException">EEXIST: something is mapped there; EINVAL: empty, unaligned, outside the valid ranges, or no group was added; EFAULT: the pages cannot be pinned; ENOMEM: the limit
    /// of locked memory; ENOSPC: too many mappings.</exception>
    public VfioDmaMapping Map(MemoryMapping memory, ulong offset, ulong length, DmaAddress address, DmaDirection direction)
    {
        ArgumentNullException.ThrowIfNull(memory);
        RequireWithin(memory.Length, offset, length, "memory");
        if (direction != DmaDirection.ToDevice && memory.Protection != MemoryProtection.ReadWrite)
        {
            throw new DmaBufException(Errno.EACCES, "Mapping read-only memory for a device that writes was refused. Map it for the CPU with ReadWrite, or for the device with ToDevice.");
        }

        return Map((ulong)memory.Address + offset, new DmaRange(address, length), direction, null, "memory");
    }

    /// <summary>Maps a part of another device's BAR at an I/O virtual address, so that the devices of this container reach it as peers.</summary>
    /// <param name="region">A BAR that can be mapped for the CPU.</param>
    /// <param name="offset">The first byte within the BAR; a multiple of the page.</param>
    /// <param name="length">Bytes; a multiple of the page.</param>
    /// <param name="address">Where the devices find it.</param>
    /// <param name="direction">What the devices may do.</param>
    /// <returns>The mapping; it is unmapped by dispose, and before <paramref name="region"/>'s device loses its memory, whichever comes first.</returns>
    /// <exception cref="DmaBufException">ENODEV: the BAR's memory is away; EINVAL: it cannot be mapped, or as <see cref="Map(MemoryMapping, ulong, ulong, DmaAddress, DmaDirection)"/>.</exception>
    public VfioDmaMapping MapRegion(VfioRegion region, ulong offset, ulong length, DmaAddress address, DmaDirection direction)
    {
        ArgumentNullException.ThrowIfNull(region);
        RequireWithin(region.Length, offset, length, region.ToString());
        MappedRegion pages = region.MapPages(offset, length);
        try
        {
            // The BAR must not go between the check that it is there and the registration of who has to let go of it.
            return region.Device.Memory.UseWhileThere(() => Map((ulong)pages.DangerousGetHandle(), new DmaRange(address, length), direction, pages, region.ToString()));
        }
        catch
        {
            pages.Dispose();
            throw;
        }
    }

    /// <summary>Closes the container. The kernel unmaps what is still mapped as soon as its groups have left.</summary>
    public void Dispose() => _descriptor.Dispose();

    /// <summary>Never throws: after the container was closed the kernel has unmapped by itself.</summary>
    internal void Unmap(DmaRange range)
    {
        VfioUapi.vfio_iommu_type1_dma_unmap unmap = new()
        {
            argsz = UapiSize.Of<VfioUapi.vfio_iommu_type1_dma_unmap>(),
            iova = range.Start.Value,
            size = range.Length,
        };
        try
        {
            _ = DeviceCall.Try(_descriptor, VfioUapi.VFIO_IOMMU_UNMAP_DMA, ref unmap);
        }
        catch (ObjectDisposedException)
        {
            // Closed: nothing is mapped any more.
        }
    }

    private VfioDmaMapping Map(ulong cpuAddress, DmaRange range, DmaDirection direction, MappedRegion? pages, string what)
    {
        VfioUapi.vfio_iommu_type1_dma_map map = new()
        {
            argsz = UapiSize.Of<VfioUapi.vfio_iommu_type1_dma_map>(),
            flags = FlagsOf(direction),
            vaddr = cpuAddress,
            iova = range.Start.Value,
            size = range.Length,
        };
        Errno errno = DeviceCall.Try(_descriptor, VfioUapi.VFIO_IOMMU_MAP_DMA, ref map);
        return errno == Errno.None
            ? new VfioDmaMapping(this, range, direction, pages)
            : throw NativeError.Failure(errno, $"Mapping {what} at {range} for the devices of a VFIO container", DmaMapRemedy.For(errno));
    }

    private static uint FlagsOf(DmaDirection direction) => direction switch
    {
        DmaDirection.Bidirectional => VfioUapi.VFIO_DMA_MAP_FLAG_READ | VfioUapi.VFIO_DMA_MAP_FLAG_WRITE,
        DmaDirection.ToDevice => VfioUapi.VFIO_DMA_MAP_FLAG_READ,
        DmaDirection.FromDevice => VfioUapi.VFIO_DMA_MAP_FLAG_WRITE,
        _ => throw new DmaBufException(Errno.EINVAL, $"A DMA mapping was asked for with direction {(int)direction}, which is none. Use Bidirectional, ToDevice or FromDevice."),
    };

    private static void RequireWithin(ulong whole, ulong offset, ulong length, string what)
    {
        if (offset > whole || length > whole - offset)
        {
            throw new DmaBufException(Errno.EINVAL, $"Mapping 0x{length:x} bytes at 0x{offset:x} of {what} for DMA was refused: it has 0x{whole:x} bytes. Stay within it.");
        }
    }
}
