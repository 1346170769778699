namespace DmaBuf.Linux;

/// <content>What may be mapped where: the ranges that devices leave, and how large the pages get.</content>
public sealed partial class IommuFdAddressSpace
{
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

    private static ulong LengthOf(IommuFdUapi.iommu_iova_range range) => range.last - range.start == ulong.MaxValue ? ulong.MaxValue : range.last - range.start + 1;
}
