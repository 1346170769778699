using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

internal static unsafe partial class Libc
{
    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint pread(SafeHandle file, void* buffer, nuint count, long offset);
}
