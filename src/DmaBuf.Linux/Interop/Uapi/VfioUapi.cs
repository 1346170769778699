using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

/// <summary>VFIO: containers, groups, devices, and the type 1 IOMMU interface.</summary>
[KernelHeader("linux/vfio.h")]
internal static class VfioUapi
{
    internal const int VFIO_API_VERSION = 0;
    internal const int VFIO_TYPE1v2_IOMMU = 3;

    internal const uint VFIO_GROUP_FLAGS_VIABLE = 1;
    internal const uint VFIO_GROUP_FLAGS_CONTAINER_SET = 2;
    internal const uint VFIO_DEVICE_FLAGS_RESET = 1;
    internal const uint VFIO_DEVICE_FLAGS_PCI = 2;
    internal const uint VFIO_REGION_INFO_FLAG_READ = 1;
    internal const uint VFIO_REGION_INFO_FLAG_WRITE = 2;
    internal const uint VFIO_REGION_INFO_FLAG_MMAP = 4;
    internal const uint VFIO_REGION_INFO_FLAG_CAPS = 8;
    internal const int VFIO_PCI_ROM_REGION_INDEX = 6;
    internal const int VFIO_PCI_CONFIG_REGION_INDEX = 7;

    internal const uint VFIO_DEVICE_FEATURE_MASK = 0xFFFF;
    internal const uint VFIO_DEVICE_FEATURE_GET = 0x10000;
    internal const uint VFIO_DEVICE_FEATURE_PROBE = 0x40000;

    [SinceKernel("6.19")]
    internal const uint VFIO_DEVICE_FEATURE_DMA_BUF = 11;

    internal const uint VFIO_IOMMU_INFO_PGSIZES = 1;
    internal const uint VFIO_IOMMU_INFO_CAPS = 2;
    internal const int VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE = 1;
    internal const uint VFIO_DMA_MAP_FLAG_READ = 1;
    internal const uint VFIO_DMA_MAP_FLAG_WRITE = 2;

    internal static readonly uint VFIO_GET_API_VERSION = IoctlNumber.None(';', 100);
    internal static readonly uint VFIO_CHECK_EXTENSION = IoctlNumber.None(';', 101);
    internal static readonly uint VFIO_SET_IOMMU = IoctlNumber.None(';', 102);
    internal static readonly uint VFIO_GROUP_GET_STATUS = IoctlNumber.None(';', 103);
    internal static readonly uint VFIO_GROUP_SET_CONTAINER = IoctlNumber.None(';', 104);
    internal static readonly uint VFIO_GROUP_GET_DEVICE_FD = IoctlNumber.None(';', 106);
    internal static readonly uint VFIO_DEVICE_GET_INFO = IoctlNumber.None(';', 107);
    internal static readonly uint VFIO_DEVICE_GET_REGION_INFO = IoctlNumber.None(';', 108);
    internal static readonly uint VFIO_DEVICE_RESET = IoctlNumber.None(';', 111);
    internal static readonly uint VFIO_IOMMU_GET_INFO = IoctlNumber.None(';', 112);
    internal static readonly uint VFIO_IOMMU_MAP_DMA = IoctlNumber.None(';', 113);
    internal static readonly uint VFIO_IOMMU_UNMAP_DMA = IoctlNumber.None(';', 114);
    internal static readonly uint VFIO_DEVICE_FEATURE = IoctlNumber.None(';', 117);

    [SinceKernel("6.6")]
    internal static readonly uint VFIO_DEVICE_BIND_IOMMUFD = IoctlNumber.None(';', 118);

    [SinceKernel("6.6")]
    internal static readonly uint VFIO_DEVICE_ATTACH_IOMMUFD_PT = IoctlNumber.None(';', 119);

    [SinceKernel("6.6")]
    internal static readonly uint VFIO_DEVICE_DETACH_IOMMUFD_PT = IoctlNumber.None(';', 120);

    [StructLayout(LayoutKind.Explicit, Size = 8)]
    internal struct vfio_group_status
    {
        [FieldOffset(0)] public uint argsz;
        [FieldOffset(4)] public uint flags;
    }

    /// <summary>Older headers have it without the last four bytes of padding; kernels take either size.</summary>
    [SinceKernel("6.6")]
    [StructLayout(LayoutKind.Explicit, Size = 24)]
    internal struct vfio_device_info
    {
        [FieldOffset(0)] public uint argsz;
        [FieldOffset(4)] public uint flags;
        [FieldOffset(8)] public uint num_regions;
        [FieldOffset(12)] public uint num_irqs;
        [FieldOffset(16)] public uint cap_offset;
    }

    [StructLayout(LayoutKind.Explicit, Size = 32)]
    internal struct vfio_region_info
    {
        [FieldOffset(0)] public uint argsz;
        [FieldOffset(4)] public uint flags;
        [FieldOffset(8)] public uint index;
        [FieldOffset(12)] public uint cap_offset;
        [FieldOffset(16)] public ulong size;
        [FieldOffset(24)] public ulong offset;
    }

    [StructLayout(LayoutKind.Explicit, Size = 8)]
    internal struct vfio_device_feature
    {
        [FieldOffset(0)] public uint argsz;
        [FieldOffset(4)] public uint flags;
    }

    [SinceKernel("6.19")]
    [StructLayout(LayoutKind.Explicit, Size = 16)]
    internal struct vfio_device_feature_dma_buf
    {
        [FieldOffset(0)] public uint region_index;
        [FieldOffset(4)] public uint open_flags;
        [FieldOffset(8)] public uint flags;
        [FieldOffset(12)] public uint nr_ranges;
    }

    [SinceKernel("6.19")]
    [StructLayout(LayoutKind.Explicit, Size = 16)]
    internal struct vfio_region_dma_range
    {
        [FieldOffset(0)] public ulong offset;
        [FieldOffset(8)] public ulong length;
    }

    [SinceKernel("6.6")]
    [StructLayout(LayoutKind.Explicit, Size = 24)]
    internal struct vfio_device_bind_iommufd
    {
        [FieldOffset(0)] public uint argsz;
        [FieldOffset(4)] public uint flags;
        [FieldOffset(8)] public int iommufd;
        [FieldOffset(12)] public uint out_devid;
        [FieldOffset(16)] public ulong token_uuid_ptr;
    }

    [SinceKernel("6.6")]
    [StructLayout(LayoutKind.Explicit, Size = 16)]
    internal struct vfio_device_attach_iommufd_pt
    {
        [FieldOffset(0)] public uint argsz;
        [FieldOffset(4)] public uint flags;
        [FieldOffset(8)] public uint pt_id;
        [FieldOffset(12)] public uint pasid;
    }

    [SinceKernel("6.6")]
    [StructLayout(LayoutKind.Explicit, Size = 12)]
    internal struct vfio_device_detach_iommufd_pt
    {
        [FieldOffset(0)] public uint argsz;
        [FieldOffset(4)] public uint flags;
        [FieldOffset(8)] public uint pasid;
    }

    [StructLayout(LayoutKind.Explicit, Size = 8)]
    internal struct vfio_info_cap_header
    {
        [FieldOffset(0)] public ushort id;
        [FieldOffset(2)] public ushort version;
        [FieldOffset(4)] public uint next;
    }

    [StructLayout(LayoutKind.Explicit, Size = 16)]
    internal struct vfio_iova_range
    {
        [FieldOffset(0)] public ulong start;
        [FieldOffset(8)] public ulong end;
    }

    [StructLayout(LayoutKind.Explicit, Size = 24)]
    internal struct vfio_iommu_type1_info
    {
        [FieldOffset(0)] public uint argsz;
        [FieldOffset(4)] public uint flags;
        [FieldOffset(8)] public ulong iova_pgsizes;
        [FieldOffset(16)] public uint cap_offset;
    }

    [StructLayout(LayoutKind.Explicit, Size = 16)]
    internal struct vfio_iommu_type1_info_cap_iova_range
    {
        [FieldOffset(8)] public uint nr_iovas;
        [FieldOffset(12)] public uint reserved;
    }

    [StructLayout(LayoutKind.Explicit, Size = 32)]
    internal struct vfio_iommu_type1_dma_map
    {
        [FieldOffset(0)] public uint argsz;
        [FieldOffset(4)] public uint flags;
        [FieldOffset(8)] public ulong vaddr;
        [FieldOffset(16)] public ulong iova;
        [FieldOffset(24)] public ulong size;
    }

    [StructLayout(LayoutKind.Explicit, Size = 24)]
    internal struct vfio_iommu_type1_dma_unmap
    {
        [FieldOffset(0)] public uint argsz;
        [FieldOffset(4)] public uint flags;
        [FieldOffset(8)] public ulong iova;
        [FieldOffset(16)] public ulong size;
    }
}
