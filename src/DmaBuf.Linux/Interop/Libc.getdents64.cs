using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

internal static unsafe partial class Libc
{
    /// <summary>Fills the buffer with <see cref="Dirent64"/> entries, each <c>d_reclen</c> bytes long; 0 at the end of the directory.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint getdents64(SafeHandle directory, byte* buffer, nuint length);
}
