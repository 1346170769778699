namespace DmaBuf.Linux;

/// <content>Which address space the device's DMA goes through, if it was opened through iommufd.</content>
public sealed partial class VfioDevice
{
    /// <summary>Has the device do DMA in an address space (<c>VFIO_DEVICE_ATTACH_IOMMUFD_PT</c>); another that it was in before is left.</summary>
    /// <param name="space">Of the context through which the device was opened.</param>
    /// <exception cref="DmaBufException">EINVAL: the device was opened through its group, or its IOMMU does not fit; ENOTTY: this kernel has no iommufd; EBUSY: a member of its group is in another space.</exception>
    public void AttachTo(IommuFdAddressSpace space)
    {
        ArgumentNullException.ThrowIfNull(space);
        VfioUapi.vfio_device_attach_iommufd_pt attach = new()
        {
            argsz = UapiSize.Of<VfioUapi.vfio_device_attach_iommufd_pt>() - sizeof(uint), // the process id came later, and none is given
            pt_id = space.Id,
        };
        Errno errno = DeviceCall.Try(Descriptor, VfioUapi.VFIO_DEVICE_ATTACH_IOMMUFD_PT, ref attach);
        if (errno != Errno.None)
        {
            throw NativeError.Failure(
                errno, $"Attaching {this} to address space {space.Id} of iommufd",
                "Open the device through the context that made the space; what is mapped there must lie within what the device's IOMMU can map.");
        }
    }

    /// <summary>Ends the device's DMA: it is in no address space any more. Does nothing if it was in none.</summary>
    public void DetachFromSpace()
    {
        // The process id came later, and none is given.
        VfioUapi.vfio_device_detach_iommufd_pt detach = new() { argsz = UapiSize.Of<VfioUapi.vfio_device_detach_iommufd_pt>() - sizeof(uint) };
        _ = DeviceCall.Try(Descriptor, VfioUapi.VFIO_DEVICE_DETACH_IOMMUFD_PT, ref detach);
    }
}
