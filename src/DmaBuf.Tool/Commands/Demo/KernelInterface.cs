namespace DmaBuf.Tool;

/// <summary>Whether this machine lets this user use one kernel interface, and if not, why.</summary>
internal sealed record KernelInterface(string Name, bool IsUsable, string Detail)
{
    /// <summary>Looks at every interface that the libraries know; opens and closes, and changes nothing.</summary>
    internal static IReadOnlyList<KernelInterface> Survey() =>
    [
        MemoryFiles(),
        Device("dma-heap", "/dev/dma_heap", "system*", "the kernel has no dma-heaps (CONFIG_DMABUF_HEAPS)"),
        Device("udmabuf", "/dev", "udmabuf", "the module udmabuf is not loaded (CONFIG_UDMABUF)"),
        Device("DRM render node", "/dev/dri", "renderD*", "there is no graphics device"),
        Device("V4L2 video", "/dev", "video*", "there is no camera or codec device"),
        Device("VFIO", "/dev/vfio", "vfio", "the module vfio is not loaded"),
        Device("iommufd", "/dev", "iommu", "the kernel has no iommufd (Linux 6.2, CONFIG_IOMMUFD)"),
    ];

    private static KernelInterface MemoryFiles()
    {
        try
        {
            using Linux.MemoryFile probe = Linux.MemoryFile.Create("dmabuf-probe", 4096);
            probe.Seal(Linux.MemorySeals.ReadOnly);
            return new KernelInterface("memfd with seals", true, "sealed memory between processes works");
        }
        catch (DmaBufException exception)
        {
            return new KernelInterface("memfd with seals", false, exception.Message.ReplaceLineEndings(" "));
        }
    }

    private static KernelInterface Device(string name, string directory, string pattern, string missing)
    {
        string[] found = Directory.Exists(directory) ? [.. Directory.EnumerateFileSystemEntries(directory, pattern).Order(StringComparer.Ordinal)] : [];
        if (found.Length == 0)
        {
            return new KernelInterface(name, false, $"no {directory}/{pattern}: {missing}");
        }

        string more = found.Length > 1 ? $" and {found.Length - 1} more" : string.Empty;
        try
        {
            using Microsoft.Win32.SafeHandles.SafeFileHandle handle = File.OpenHandle(found[0], FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            return new KernelInterface(name, true, $"{found[0]}{more}");
        }
        catch (UnauthorizedAccessException)
        {
            return new KernelInterface(name, false, $"{found[0]} is there, and this user may not open it; join the group that owns it (ls -l {found[0]})");
        }
        catch (IOException exception)
        {
            return new KernelInterface(name, false, $"{found[0]} cannot be opened: {exception.Message.ReplaceLineEndings(" ")}");
        }
    }
}
