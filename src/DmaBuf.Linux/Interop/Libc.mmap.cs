using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

internal static unsafe partial class Libc
{
    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint mmap(nint address, nuint length, int protection, int flags, SafeHandle file, long offset);

    /// <summary>For MAP_ANONYMOUS, whose descriptor is -1 and cannot be a handle.</summary>
    [LibraryImport(Library, EntryPoint = "mmap", SetLastError = true)]
    internal static partial nint mmap_anonymous(nint address, nuint length, int protection, int flags, int minusOne, long offset);
}
