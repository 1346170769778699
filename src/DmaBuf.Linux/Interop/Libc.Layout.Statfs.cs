using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

internal static unsafe partial class Libc
{
    [StructLayout(LayoutKind.Explicit, Size = 120)]
    internal struct Statfs
    {
        [FieldOffset(0)] public long f_type;
        [FieldOffset(8)] public long f_bsize;
    }
}
