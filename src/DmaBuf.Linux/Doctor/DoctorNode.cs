using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>Opens a node for a check, or says as a check why it cannot be opened.</summary>
internal static class DoctorNode
{
    /// <param name="room">The machine.</param>
    /// <param name="path">The node.</param>
    /// <param name="area">The check's area.</param>
    /// <param name="name">The check's name.</param>
    /// <param name="provider">What brings the node into being.</param>
    /// <param name="refusal">The finished check if it cannot be opened.</param>
    /// <returns>The open node, the caller's; null with a refusal.</returns>
    internal static SafeFileHandle? TryOpen(DoctorRoom room, string path, string area, string name, string provider, out DoctorCheck? refusal)
    {
        SafeFileHandle node = Libc.open(path, Libc.O_RDWR | Libc.O_CLOEXEC | Libc.O_NONBLOCK);
        if (!node.IsInvalid)
        {
            refusal = null;
            return node;
        }

        Errno errno = NativeError.Last;
        node.Dispose();
        refusal = Refusal(room, errno, path, area, name, provider);
        return null;
    }

    /// <summary>For nodes that must not be opened in passing: asks whether this user might. Null if so.</summary>
    internal static DoctorCheck? TryAccess(DoctorRoom room, string path, string area, string name, string provider) =>
        Libc.access(path, Libc.R_OK | Libc.W_OK) == 0 ? null : Refusal(room, NativeError.Last, path, area, name, provider);

    internal static DoctorCheck Failing(string area, string name, string tried, Errno errno, string remedy) =>
        new(area, name, DoctorState.Failing, $"{tried} answered {errno}", remedy);

    private static DoctorCheck Refusal(DoctorRoom room, Errno errno, string path, string area, string name, string provider) => errno switch
    {
        Errno.ENOENT or Errno.ENODEV or Errno.ENXIO => new(area, name, DoctorState.Missing, $"no {path}", provider),
        Errno.EACCES or Errno.EPERM => new(area, name, DoctorState.Forbidden, $"{path} is there, and this user may not open it", room.Permit(path)),
        Errno.EBUSY => new(area, name, DoctorState.Failing, $"{path} is in use, and it takes one user only", "end that program (sudo fuser -v " + path + ")"),
        _ => Failing(area, name, $"opening {path}", errno, "look at the kernel's log (sudo dmesg)"),
    };
}
