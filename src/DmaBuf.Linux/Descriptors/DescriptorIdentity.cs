using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

/// <summary>
/// Which kernel file a descriptor stands for: device and inode (<c>st_dev</c>, <c>st_ino</c>). Two descriptors with the same identity,
/// in whichever processes, reach the same bytes.
/// </summary>
/// <remarks>
/// It identifies only while somebody holds the file: inode numbers of memory files may be used again afterwards. Files of the kernel's
/// anonymous inode (epoll, eventfd and their like) all share one identity. Immutable, thus safe to share between threads.
/// </remarks>
/// <param name="DeviceMajor">Major number of the device that the file lives on; 0 for memory.</param>
/// <param name="DeviceMinor">Minor number of that device.</param>
/// <param name="Inode">The file's number on that device.</param>
public readonly record struct DescriptorIdentity(uint DeviceMajor, uint DeviceMinor, ulong Inode)
{
    /// <summary>Asks the kernel for the identity of a descriptor; the descriptor stays the caller's.</summary>
    /// <exception cref="DmaBufException">EBADF: the handle is no open descriptor.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static DescriptorIdentity Of(SafeHandle descriptor)
    {
        LinuxOnly.Ensure();
        return OpenFileFacts.Of(descriptor).Identity;
    }

    /// <summary>The identity as <c>major:minor:inode</c>, as in <c>/proc/PID/maps</c>.</summary>
    public override string ToString() => $"{DeviceMajor:x2}:{DeviceMinor:x2}:{Inode}";
}
