namespace DmaBuf.Linux;

/// <summary>What a machine offers to this user, and what would change it. Immutable, thus safe to share between threads.</summary>
/// <param name="KernelRelease">As <c>uname -r</c> prints it; empty if proc is not there.</param>
/// <param name="KernelConfiguration">The file in which the kernel's configuration was found; null if in none. Without it, remedies name modules that may not exist.</param>
/// <param name="Checks">Every interface, in the order in which people need them.</param>
public sealed record DoctorReport(string KernelRelease, string? KernelConfiguration, IReadOnlyList<DoctorCheck> Checks)
{
    /// <summary>The areas that every report has.</summary>
    public static IReadOnlyList<string> Areas { get; } =
        ["memfd", "huge-pages", "heap", "udmabuf", "sync-file", "drm", "video", "vfio", "iommufd", "iommu", "bufinfo", "processes", "memlock", "nofile"];

    /// <summary>Whether an area has something that can be used, or one check of that name is usable.</summary>
    /// <param name="areaOrName">For example <c>heap</c> or <c>heap:system</c>.</param>
    public bool IsUsable(string areaOrName) => Checks.Any(check => (check.Area == areaOrName || check.Name == areaOrName) && check.IsUsable);
}
