using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

/// <summary>Sleeping until a word of memory changes (<c>futex</c>), also between processes.</summary>
[KernelHeader("linux/futex.h")]
internal static class FutexUapi
{
    internal const int FUTEX_WAIT = 0;
    internal const int FUTEX_WAKE = 1;

    [SinceKernel("5.16")]
    internal const uint FUTEX_32 = 2;

    [SinceKernel("5.16")]
    internal const int FUTEX_WAITV_MAX = 128;

    [SinceKernel("5.16")]
    [StructLayout(LayoutKind.Explicit, Size = 24)]
    internal struct futex_waitv
    {
        [FieldOffset(0)] public ulong val;
        [FieldOffset(8)] public ulong uaddr;
        [FieldOffset(16)] public uint flags;
        [FieldOffset(20)] public uint __reserved;
    }
}
