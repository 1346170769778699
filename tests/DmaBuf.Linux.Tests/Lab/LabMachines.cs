namespace DmaBuf.Linux.Tests;

/// <summary>The machines that <c>lab/run</c> boots.</summary>
public static class LabMachines
{
    /// <summary>Stock kernel; system heap, udmabuf, vgem, vivid, virtio-gpu.</summary>
    public const string Buffers = "buffers";

    /// <summary>Stock kernel; IOMMU, NVMe with controller memory, ivshmem, edu, all for vfio-pci (type 1).</summary>
    public const string Devices = "devices";

    /// <summary>The same devices on a kernel with iommufd.</summary>
    public const string IommuFd = "iommufd";
}
