using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

internal static unsafe partial class Libc
{
    [StructLayout(LayoutKind.Explicit, Size = 12)]
    internal struct Ucred
    {
        [FieldOffset(0)] public int pid;
        [FieldOffset(4)] public uint uid;
        [FieldOffset(8)] public uint gid;
    }
}
