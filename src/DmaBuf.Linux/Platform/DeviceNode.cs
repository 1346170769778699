using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>Opens device nodes, and says what to do when one is missing or forbidden.</summary>
internal static class DeviceNode
{
    /// <param name="path">For example <c>/dev/udmabuf</c>.</param>
    /// <param name="provider">What brings the node into being, as a remedy: a whole sentence, for example which module to load.</param>
    /// <param name="flags">Added to reading, writing and close-on-exec.</param>
    /// <exception cref="DmaBufException">ENOENT: no such node; EACCES: not for this user; and whatever the driver answers.</exception>
    internal static SafeFileHandle Open(string path, string provider, int flags = 0)
    {
        LinuxOnly.Ensure();
        SafeFileHandle node = Libc.open(path, Libc.O_RDWR | Libc.O_CLOEXEC | flags);
        if (!node.IsInvalid)
        {
            return node;
        }

        Errno errno = NativeError.Last;
        node.Dispose();
        throw NativeError.Failure(errno, $"Opening {path}", errno switch
        {
            Errno.ENOENT or Errno.ENODEV => provider,
            Errno.EACCES or Errno.EPERM => $"This user may not: join the group that owns {path} (ls -l {path}), or run as root.",
            Errno.EBUSY => "Somebody else has it open, and it takes one user only: end that one.",
            _ => NativeError.CommonRemedy(errno),
        });
    }
}
