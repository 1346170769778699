using System.Text;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>Graphics: render nodes are opened and asked; card nodes are not, because opening one may take the display.</summary>
internal static unsafe class DrmChecks
{
    private const string Area = "drm";
    private const string FauxDriver = "faux_driver";
    private const int NameBytes = 64;

    internal static IEnumerable<DoctorCheck> Of(DoctorRoom room)
    {
        string directory = room.Device("dri");
        string[] nodes = [.. DoctorRoom.Names(directory, "card"), .. DoctorRoom.Names(directory, "renderD")];
        return nodes.Length > 0
            ? nodes.Select(node => Try(room, Path.Combine(directory, node), node))
            : [new(Area, Area, DoctorState.Missing, $"no card in {directory}", $"the driver of a graphics device, or for tests {room.Configuration.Remedy("DRM_VGEM", "vgem", "4.8")}")];
    }

    private static DoctorCheck Try(DoctorRoom room, string path, string node)
    {
        string name = $"{Area}:{node}";
        if (node.StartsWith("card", StringComparison.Ordinal))
        {
            return DoctorNode.TryAccess(room, path, Area, name, "its driver") ?? DoctorCheck.Works(Area, name, $"{path} may be opened; device or driver {DriverOf(room, node)}");
        }

        using SafeFileHandle? device = DoctorNode.TryOpen(room, path, Area, name, "its driver", out DoctorCheck? refusal);
        return device is null ? refusal! : Ask(device, path, name);
    }

    /// <summary>Devices without hardware all have one driver of the kernel's, which says nothing; their own name does.</summary>
    private static string DriverOf(DoctorRoom room, string node)
    {
        string? driver = DoctorRoom.LinkName(room.System($"class/drm/{node}/device/driver"));
        return driver is null or FauxDriver ? DoctorRoom.LinkName(room.System($"class/drm/{node}/device")) ?? driver ?? "unknown" : driver;
    }

    private static DoctorCheck Ask(SafeFileHandle device, string path, string name)
    {
        Span<byte> driver = stackalloc byte[NameBytes];
        DrmUapi.drm_version version = new() { name_len = NameBytes };
        Errno errno;
        fixed (byte* buffer = driver)
        {
            // SAFETY: the kernel writes at most name_len bytes, which the buffer has.
            version.name = (nint)buffer;
            errno = DeviceCall.Try(device, DrmUapi.DRM_IOCTL_VERSION, ref version);
        }

        if (errno != Errno.None)
        {
            return DoctorNode.Failing(Area, name, $"asking {path} for its driver", errno, $"look at what {path} is (ls -l {path})");
        }

        DrmUapi.drm_get_cap prime = new() { capability = DrmUapi.DRM_CAP_PRIME };
        ulong capabilities = DeviceCall.Try(device, DrmUapi.DRM_IOCTL_GET_CAP, ref prime) == Errno.None ? prime.value : 0;
        string text = Encoding.UTF8.GetString(driver[..(int)Math.Min(version.name_len, NameBytes)]);
        return capabilities == 0
            ? new(Area, name, DoctorState.Limited, $"driver {text}, which shares no dma-bufs", "another driver or device: this one has no PRIME")
            : DoctorCheck.Works(Area, name, $"driver {text}; {Ways(capabilities)} dma-bufs");
    }

    private static string Ways(ulong capabilities) => (capabilities & DrmUapi.DRM_PRIME_CAP_IMPORT, capabilities & DrmUapi.DRM_PRIME_CAP_EXPORT) switch
    {
        (not 0, not 0) => "imports and exports",
        (not 0, _) => "imports",
        _ => "exports",
    };
}
