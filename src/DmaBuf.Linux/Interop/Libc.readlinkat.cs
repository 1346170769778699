using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

internal static unsafe partial class Libc
{
    /// <summary>Does not end what it stores with a zero; a full buffer means that the link may be longer.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint readlinkat(SafeHandle directory, byte* path, byte* buffer, nuint length);
}
