using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

internal static unsafe partial class Libc
{
    /// <summary>Used instead of <c>struct stat</c>, whose fields lie elsewhere on arm64; this one is the same everywhere.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct Statx
    {
        [FieldOffset(0)] public uint stx_mask;
        [FieldOffset(4)] public uint stx_blksize;
        [FieldOffset(24)] public uint stx_gid;
        [FieldOffset(28)] public ushort stx_mode;
        [FieldOffset(32)] public ulong stx_ino;
        [FieldOffset(40)] public ulong stx_size;
        [FieldOffset(48)] public ulong stx_blocks;
        [FieldOffset(136)] public uint stx_dev_major;
        [FieldOffset(140)] public uint stx_dev_minor;
    }
}
