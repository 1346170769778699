using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

/// <summary>Turns the errno of the call just made into an exception that keeps its identity.</summary>
/// <remarks>
/// Read <see cref="Last"/> at once: any further native call by this thread may change it. A number without a name in <see cref="Errno"/>
/// stays that number, in the exception and in its message.
/// </remarks>
internal static class NativeError
{
    internal static Errno Last => (Errno)Marshal.GetLastPInvokeError();

    /// <param name="errno">What came back.</param>
    /// <param name="tried">What was tried, on what: the subject of a sentence.</param>
    /// <param name="remedy">What to do: whole sentences.</param>
    internal static DmaBufException Failure(Errno errno, string tried, string remedy) =>
        new(errno, $"{tried} failed: {Marshal.GetPInvokeErrorMessage((int)errno)}. {remedy}");

    /// <summary>What to do about the errnos that any call which makes a descriptor or takes memory may give.</summary>
    internal static string CommonRemedy(Errno errno) => errno switch
    {
        Errno.EMFILE => "This process has as many descriptors open as it may: dispose some, or raise its limit (ulimit -n).",
        Errno.ENFILE => "The system has as many files open as it may: raise fs.file-max, or end what holds them.",
        Errno.ENOMEM => "The kernel has no memory for it, or this process has too many mappings (vm.max_map_count): release some.",
        Errno.EPERM or Errno.EACCES => "Permissions, a security module or a seccomp filter forbid it for this process.",
        Errno.ENOSYS => "This kernel does not have the call: a newer kernel, or a sandbox that allows it, is needed.",
        _ => "No particular remedy is known for this error here.",
    };
}
