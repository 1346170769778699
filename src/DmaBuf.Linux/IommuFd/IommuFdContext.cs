using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>A process's handle on iommufd (<c>/dev/iommu</c>): it makes address spaces, fills them, and gives them to devices.</summary>
/// <remarks>Safe for all threads. Dispose devices and address spaces first, then this; the kernel takes down what is left.</remarks>
public sealed class IommuFdContext : IDisposable
{
    private const string Node = "/dev/iommu";

    private IommuFdContext(SafeFileHandle descriptor) => Descriptor = descriptor;

    internal SafeFileHandle Descriptor { get; }

    /// <summary>Opens iommufd.</summary>
    /// <exception cref="DmaBufException">ENOENT: this kernel has no iommufd; EACCES: not for this user.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static IommuFdContext Open()
    {
        LinuxOnly.Ensure();
        return new(DeviceNode.Open(Node, "This kernel has no iommufd loaded: modprobe iommufd, or use a kernel with CONFIG_IOMMUFD (Debian's have none). VFIO containers work without it."));
    }

    /// <summary>Makes an empty address space (<c>IOMMU_IOAS_ALLOC</c>).</summary>
    /// <returns>The space, owned by the caller.</returns>
    /// <exception cref="DmaBufException">ENOMEM and others: as the kernel says.</exception>
    public IommuFdAddressSpace CreateAddressSpace()
    {
        IommuFdUapi.iommu_ioas_alloc alloc = new() { size = UapiSize.Of<IommuFdUapi.iommu_ioas_alloc>() };
        Errno errno = DeviceCall.Try(Descriptor, IommuFdUapi.IOMMU_IOAS_ALLOC, ref alloc);
        return errno == Errno.None
            ? new IommuFdAddressSpace(this, alloc.out_ioas_id)
            : throw NativeError.Failure(errno, "Making an address space of iommufd", NativeError.CommonRemedy(errno));
    }

    /// <summary>Opens a device by its own node (<c>/dev/vfio/devices/vfioN</c>) and binds it to this handle. It does no DMA until it is attached to an address space.</summary>
    /// <param name="device">Of a fresh snapshot.</param>
    /// <returns>The device, owned by the caller.</returns>
    /// <exception cref="DmaBufException">ENODEV: not bound to VFIO, or this VFIO has no device nodes (CONFIG_VFIO_DEVICE_CDEV). EACCES: not for this user. EINVAL, EPERM: it is open through its group.</exception>
    public VfioDevice OpenDevice(SysfsPciDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        SafeFileHandle descriptor = DeviceNode.Open(NodeOf(device), VfioBinding.Of(device).ToString());
        bool added = false;
        try
        {
            Descriptor.DangerousAddRef(ref added);
            VfioUapi.vfio_device_bind_iommufd bind = new()
            {
                argsz = UapiSize.Of<VfioUapi.vfio_device_bind_iommufd>() - sizeof(ulong), // the token came later, and none is given
                iommufd = (int)Descriptor.DangerousGetHandle(),
            };
            Errno errno = DeviceCall.Try(descriptor, VfioUapi.VFIO_DEVICE_BIND_IOMMUFD, ref bind);
            if (errno != Errno.None)
            {
                throw NativeError.Failure(errno, $"Binding {device} to iommufd", errno switch
                {
                    Errno.EINVAL or Errno.EBUSY => "It is open already, here or through its group: end that use first.",
                    Errno.EPERM => $"Its group is not viable, or its IOMMU cannot isolate interrupts. {VfioBinding.Of(device)}",
                    _ => NativeError.CommonRemedy(errno),
                });
            }
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }
        finally
        {
            if (added)
            {
                Descriptor.DangerousRelease();
            }
        }

        return VfioDevice.Adopt(descriptor, device);
    }

    /// <summary>Closes the handle.</summary>
    public void Dispose() => Descriptor.Dispose();

    /// <summary>Never throws: after the handle was closed the kernel has taken everything down.</summary>
    internal void Destroy(uint id)
    {
        IommuFdUapi.iommu_destroy destroy = new() { size = UapiSize.Of<IommuFdUapi.iommu_destroy>(), id = id };
        try
        {
            _ = DeviceCall.Try(Descriptor, IommuFdUapi.IOMMU_DESTROY, ref destroy);
        }
        catch (ObjectDisposedException)
        {
            // Closed before.
        }
    }

    private static string NodeOf(SysfsPciDevice device)
    {
        VfioBinding binding = VfioBinding.Of(device);
        string folder = Path.Combine(device.Tree.Root, "bus/pci/devices", device.Address, "vfio-dev");
        string? name = Directory.Exists(folder) ? Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName).FirstOrDefault() : null;
        return name is not null
            ? string.Create(CultureInfo.InvariantCulture, $"/dev/vfio/devices/{name}")
            : throw new DmaBufException(Errno.ENODEV, $"Opening {device} by its own node was refused: it has none. {(binding.IsBound ? "This kernel's VFIO has no device nodes (CONFIG_VFIO_DEVICE_CDEV)." : binding)}");
    }
}
