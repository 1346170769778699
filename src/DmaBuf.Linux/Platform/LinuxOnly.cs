using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

/// <summary>
/// The one gate in front of every public entry of this assembly (static factories and constructors that reach the kernel): off
/// Linux it throws before anything native is touched. Instance members need none, because no instance exists elsewhere.
/// </summary>
internal static class LinuxOnly
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Ensure()
    {
        if (!OperatingSystem.IsLinux())
        {
            throw Refusal(RuntimeInformation.OSDescription);
        }
    }

    internal static PlatformNotSupportedException Refusal(string system) =>
        new($"DmaBuf.Linux reaches the kernel of Linux, and this is {system}. The framework (DmaBuf) and the software machine "
            + "(DmaBuf.Machine) work here: take a buffer of the software machine, or run this on Linux x64 or arm64.");
}
