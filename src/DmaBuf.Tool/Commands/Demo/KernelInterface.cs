using DmaBuf.Linux;

namespace DmaBuf.Tool;

/// <summary>Whether this machine lets this user use one kernel interface, in one line; <c>dmabuf doctor</c>, which finds it out, says more.</summary>
internal sealed record KernelInterface(string Name, bool IsUsable, string Detail)
{
    private static readonly (string Area, string Name)[] s_shown =
    [
        ("memfd", "memfd with seals"),
        ("heap", "dma-heap"),
        ("udmabuf", "udmabuf"),
        ("drm", "DRM"),
        ("video", "V4L2 video"),
        ("vfio", "VFIO"),
        ("iommufd", "iommufd"),
    ];

    /// <summary>Of each interface that moves buffers the first that can be used, or why none can.</summary>
    internal static IReadOnlyList<KernelInterface> Survey()
    {
        DoctorReport report = MachineDoctor.Examine();
        return [.. s_shown.Select(shown => Of(shown.Name, [.. report.Checks.Where(check => check.Area == shown.Area)]))];
    }

    private static KernelInterface Of(string name, DoctorCheck[] checks)
    {
        int usable = checks.Count(static check => check.IsUsable);
        DoctorCheck shown = Array.Find(checks, static check => check.IsUsable) ?? checks[0];
        return new KernelInterface(name, usable > 0, usable > 1 ? $"{shown.Detail}, and {usable - 1} more" : shown.Detail);
    }
}
