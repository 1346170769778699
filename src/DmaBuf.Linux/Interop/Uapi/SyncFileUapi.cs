using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

/// <summary>Fences as descriptors. Texts are bytes that end with zero.</summary>
[KernelHeader("linux/sync_file.h")]
internal static unsafe class SyncFileUapi
{
    internal static readonly uint SYNC_IOC_MERGE = IoctlNumber.ReadWrite<sync_merge_data>('>', 3);
    internal static readonly uint SYNC_IOC_FILE_INFO = IoctlNumber.ReadWrite<sync_file_info>('>', 4);

    [StructLayout(LayoutKind.Explicit, Size = 48)]
    internal struct sync_merge_data
    {
        [FieldOffset(0)] public fixed byte name[32];
        [FieldOffset(32)] public int fd2;
        [FieldOffset(36)] public int fence;
        [FieldOffset(40)] public uint flags;
        [FieldOffset(44)] public uint pad;
    }

    [StructLayout(LayoutKind.Explicit, Size = 80)]
    internal struct sync_fence_info
    {
        [FieldOffset(0)] public fixed byte obj_name[32];
        [FieldOffset(32)] public fixed byte driver_name[32];
        [FieldOffset(64)] public int status;
        [FieldOffset(68)] public uint flags;
        [FieldOffset(72)] public ulong timestamp_ns;
    }

    [StructLayout(LayoutKind.Explicit, Size = 56)]
    internal struct sync_file_info
    {
        [FieldOffset(0)] public fixed byte name[32];
        [FieldOffset(32)] public int status;
        [FieldOffset(36)] public uint flags;
        [FieldOffset(40)] public uint num_fences;
        [FieldOffset(44)] public uint pad;
        [FieldOffset(48)] public ulong sync_fence_info;
    }
}
