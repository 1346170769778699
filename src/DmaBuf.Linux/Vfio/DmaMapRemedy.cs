namespace DmaBuf.Linux;

/// <summary>What to do when the kernel refuses memory for DMA; both interfaces, type 1 and iommufd, answer alike where they can.</summary>
internal static class DmaMapRemedy
{
    internal static string For(Errno errno) => errno switch
    {
        Errno.EEXIST => "Something is mapped in that range: unmap it first, or let an allocator choose the address.",
        Errno.EINVAL => "Address and length must be multiples of the IOMMU's smallest page, not empty, and within its valid ranges; a container needs a group first.",
        Errno.EFAULT => "The kernel cannot pin these pages: memory of DMA-bufs is like that. Map the memory file behind a udmabuf instead, or a BAR by its descriptor through iommufd.",
        Errno.ENOMEM => "The limit of locked memory is reached: raise it (ulimit -l), or map less.",
        Errno.ENOSPC => "There are as many mappings as the interface allows (dma_entry_limit of vfio_iommu_type1), or no free range: unmap some.",
        Errno.ENODEV => "The memory is away: its device was reset, lost its memory space or was closed. Enable the device again, and map again.",
        Errno.EOPNOTSUPP => "iommufd takes memory files and the BARs of vfio_pci_core by their descriptor, and no other DMA-buf. Map the memory file behind a udmabuf instead.",
        Errno.ENOTTY => "This kernel's iommufd is older than mapping by descriptor (6.13).",
        Errno.ENOENT => "The address space is gone, or no such range is mapped there.",
        _ => NativeError.CommonRemedy(errno),
    };
}
