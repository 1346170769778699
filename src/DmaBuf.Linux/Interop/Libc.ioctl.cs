using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

internal static unsafe partial class Libc
{
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int ioctl(SafeHandle device, nuint request, void* argument);

    /// <summary>For requests whose argument is a number, or a descriptor that the caller keeps open.</summary>
    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int ioctl_value(SafeHandle device, nuint request, nint argument);
}
