using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

internal static unsafe partial class Libc
{
    /// <summary>glibc and the kernel agree; musl has 32-bit lengths with padding after them, which is the same while the upper half is 0.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 56)]
    internal struct Msghdr
    {
        [FieldOffset(0)] public void* msg_name;
        [FieldOffset(8)] public uint msg_namelen;
        [FieldOffset(16)] public Iovec* msg_iov;
        [FieldOffset(24)] public nuint msg_iovlen;
        [FieldOffset(32)] public void* msg_control;
        [FieldOffset(40)] public nuint msg_controllen;
        [FieldOffset(48)] public int msg_flags;
    }
}
