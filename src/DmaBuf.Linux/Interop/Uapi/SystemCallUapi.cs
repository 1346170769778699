using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

/// <summary>The numbers of the system calls for which the C library has no function.</summary>
[KernelHeader("sys/syscall.h")]
internal static class SystemCallUapi
{
    /// <summary>The one number here that is not the same on x64 and arm64.</summary>
    internal static readonly long SYS_futex = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 98 : 202;

    [SinceKernel("5.16")]
    internal const long SYS_futex_waitv = 449;
}
