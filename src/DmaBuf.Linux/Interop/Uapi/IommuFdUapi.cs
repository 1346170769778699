using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

/// <summary>iommufd: I/O address spaces that a process fills, and devices attach to. Every structure begins with its own size.</summary>
[KernelHeader("linux/iommufd.h")]
[SinceKernel("6.2")]
internal static class IommuFdUapi
{
    internal const uint IOMMU_IOAS_MAP_FIXED_IOVA = 1;
    internal const uint IOMMU_IOAS_MAP_WRITEABLE = 2;
    internal const uint IOMMU_IOAS_MAP_READABLE = 4;
    internal const uint IOMMU_OPTION_RLIMIT_MODE = 0;
    internal const uint IOMMU_OPTION_HUGE_PAGES = 1;
    internal const ushort IOMMU_OPTION_OP_SET = 0;
    internal const ushort IOMMU_OPTION_OP_GET = 1;

    internal static readonly uint IOMMU_DESTROY = IoctlNumber.None(';', 0x80);
    internal static readonly uint IOMMU_IOAS_ALLOC = IoctlNumber.None(';', 0x81);
    internal static readonly uint IOMMU_IOAS_ALLOW_IOVAS = IoctlNumber.None(';', 0x82);
    internal static readonly uint IOMMU_IOAS_COPY = IoctlNumber.None(';', 0x83);
    internal static readonly uint IOMMU_IOAS_IOVA_RANGES = IoctlNumber.None(';', 0x84);
    internal static readonly uint IOMMU_IOAS_MAP = IoctlNumber.None(';', 0x85);
    internal static readonly uint IOMMU_IOAS_UNMAP = IoctlNumber.None(';', 0x86);
    internal static readonly uint IOMMU_OPTION = IoctlNumber.None(';', 0x87);

    [SinceKernel("6.13")]
    internal static readonly uint IOMMU_IOAS_MAP_FILE = IoctlNumber.None(';', 0x8F);

    [StructLayout(LayoutKind.Explicit, Size = 8)]
    internal struct iommu_destroy
    {
        [FieldOffset(0)] public uint size;
        [FieldOffset(4)] public uint id;
    }

    [StructLayout(LayoutKind.Explicit, Size = 12)]
    internal struct iommu_ioas_alloc
    {
        [FieldOffset(0)] public uint size;
        [FieldOffset(4)] public uint flags;
        [FieldOffset(8)] public uint out_ioas_id;
    }

    [StructLayout(LayoutKind.Explicit, Size = 16)]
    internal struct iommu_iova_range
    {
        [FieldOffset(0)] public ulong start;
        [FieldOffset(8)] public ulong last;
    }

    [StructLayout(LayoutKind.Explicit, Size = 32)]
    internal struct iommu_ioas_iova_ranges
    {
        [FieldOffset(0)] public uint size;
        [FieldOffset(4)] public uint ioas_id;
        [FieldOffset(8)] public uint num_iovas;
        [FieldOffset(16)] public ulong allowed_iovas;
        [FieldOffset(24)] public ulong out_iova_alignment;
    }

    [StructLayout(LayoutKind.Explicit, Size = 24)]
    internal struct iommu_ioas_allow_iovas
    {
        [FieldOffset(0)] public uint size;
        [FieldOffset(4)] public uint ioas_id;
        [FieldOffset(8)] public uint num_iovas;
        [FieldOffset(16)] public ulong allowed_iovas;
    }

    [StructLayout(LayoutKind.Explicit, Size = 40)]
    internal struct iommu_ioas_map
    {
        [FieldOffset(0)] public uint size;
        [FieldOffset(4)] public uint flags;
        [FieldOffset(8)] public uint ioas_id;
        [FieldOffset(16)] public ulong user_va;
        [FieldOffset(24)] public ulong length;
        [FieldOffset(32)] public ulong iova;
    }

    [SinceKernel("6.13")]
    [StructLayout(LayoutKind.Explicit, Size = 40)]
    internal struct iommu_ioas_map_file
    {
        [FieldOffset(0)] public uint size;
        [FieldOffset(4)] public uint flags;
        [FieldOffset(8)] public uint ioas_id;
        [FieldOffset(12)] public int fd;
        [FieldOffset(16)] public ulong start;
        [FieldOffset(24)] public ulong length;
        [FieldOffset(32)] public ulong iova;
    }

    [StructLayout(LayoutKind.Explicit, Size = 40)]
    internal struct iommu_ioas_copy
    {
        [FieldOffset(0)] public uint size;
        [FieldOffset(4)] public uint flags;
        [FieldOffset(8)] public uint dst_ioas_id;
        [FieldOffset(12)] public uint src_ioas_id;
        [FieldOffset(16)] public ulong length;
        [FieldOffset(24)] public ulong dst_iova;
        [FieldOffset(32)] public ulong src_iova;
    }

    [StructLayout(LayoutKind.Explicit, Size = 24)]
    internal struct iommu_ioas_unmap
    {
        [FieldOffset(0)] public uint size;
        [FieldOffset(4)] public uint ioas_id;
        [FieldOffset(8)] public ulong iova;
        [FieldOffset(16)] public ulong length;
    }

    [StructLayout(LayoutKind.Explicit, Size = 24)]
    internal struct iommu_option
    {
        [FieldOffset(0)] public uint size;
        [FieldOffset(4)] public uint option_id;
        [FieldOffset(8)] public ushort op;
        [FieldOffset(12)] public uint object_id;
        [FieldOffset(16)] public ulong val64;
    }
}
