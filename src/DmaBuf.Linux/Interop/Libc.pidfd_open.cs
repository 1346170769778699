using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

internal static unsafe partial class Libc
{
    /// <summary>The descriptor is close-on-exec from the start.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial SafeFileHandle pidfd_open(int process, uint flags);
}
