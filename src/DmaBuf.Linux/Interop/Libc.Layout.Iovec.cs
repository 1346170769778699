using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

internal static unsafe partial class Libc
{
    [StructLayout(LayoutKind.Explicit, Size = 16)]
    internal struct Iovec
    {
        [FieldOffset(0)] public void* iov_base;
        [FieldOffset(8)] public nuint iov_len;
    }
}
