using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

internal static unsafe partial class Libc
{
    /// <summary>The first argument is <c>SYS_futex</c>: the C library has no function for it.</summary>
    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint futex(nint number, uint* word, nint operation, nuint value, Timespec* relativeTimeout, nint noWord, nint noValue);
}
