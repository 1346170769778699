using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

internal static unsafe partial class Libc
{
    /// <summary>The first argument is <c>SYS_futex_waitv</c>: the C library has no function for it.</summary>
    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint futex_waitv(nint number, FutexUapi.futex_waitv* waiters, nuint count, nuint noFlags, Timespec* deadline, nint clock);
}
