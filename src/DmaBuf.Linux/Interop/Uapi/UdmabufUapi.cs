using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

/// <summary>Kernel buffers made of memory files. Behind the header of a list come its items.</summary>
[KernelHeader("linux/udmabuf.h")]
internal static class UdmabufUapi
{
    internal const uint UDMABUF_FLAGS_CLOEXEC = 1;

    internal static readonly uint UDMABUF_CREATE = IoctlNumber.Write<udmabuf_create>('u', 0x42);
    internal static readonly uint UDMABUF_CREATE_LIST = IoctlNumber.Write<udmabuf_create_list>('u', 0x43);

    [StructLayout(LayoutKind.Explicit, Size = 24)]
    internal struct udmabuf_create
    {
        [FieldOffset(0)] public uint memfd;
        [FieldOffset(4)] public uint flags;
        [FieldOffset(8)] public ulong offset;
        [FieldOffset(16)] public ulong size;
    }

    [StructLayout(LayoutKind.Explicit, Size = 24)]
    internal struct udmabuf_create_item
    {
        [FieldOffset(0)] public uint memfd;
        [FieldOffset(8)] public ulong offset;
        [FieldOffset(16)] public ulong size;
    }

    [StructLayout(LayoutKind.Explicit, Size = 8)]
    internal struct udmabuf_create_list
    {
        [FieldOffset(0)] public uint flags;
        [FieldOffset(4)] public uint count;
    }
}
