using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

internal static unsafe partial class Libc
{
    /// <summary>Head of one control message; its data follow at the next multiple of 8.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 16)]
    internal struct Cmsghdr
    {
        [FieldOffset(0)] public nuint cmsg_len;
        [FieldOffset(8)] public int cmsg_level;
        [FieldOffset(12)] public int cmsg_type;
    }
}
