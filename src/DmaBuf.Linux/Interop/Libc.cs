namespace DmaBuf.Linux;

/// <summary>
/// The C library as this assembly uses it: native signatures, constants and layouts under their kernel names, and nothing else.
/// One function a file. A test compiles every constant and every layout against the installed headers, so a number that is wrong
/// on this architecture fails there. Only names whose values agree on x64 and arm64 are used (not O_DIRECTORY, for example).
/// </summary>
/// <remarks>
/// Descriptors go in as <c>SafeHandle</c>, so that none is closed or reused during a call. errno is kept by the stub
/// (<c>SetLastError</c>) and is read by <see cref="NativeError"/> right after the call. <c>fcntl</c> and <c>open</c> are variadic in C; on Linux, x64
/// and arm64 pass integer arguments of variadic and fixed functions alike.
/// </remarks>
internal static unsafe partial class Libc
{
    private const string Library = "libc";
}
