using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

internal static unsafe partial class Libc
{
    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint read(SafeHandle file, byte* buffer, nuint length);
}
