using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

internal static unsafe partial class Libc
{
    [StructLayout(LayoutKind.Explicit, Size = 16)]
    internal struct Timespec
    {
        [FieldOffset(0)] public long tv_sec;
        [FieldOffset(8)] public long tv_nsec;
    }
}
