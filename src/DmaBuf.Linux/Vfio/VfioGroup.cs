using System.Text;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>An IOMMU group that is driven from user space (<c>/dev/vfio/NUMBER</c>). One user at a time.</summary>
/// <remarks>Safe for all threads. Dispose its devices first, then this.</remarks>
public sealed class VfioGroup : IDisposable
{
    private readonly SafeFileHandle _descriptor;

    private VfioGroup(SafeFileHandle descriptor, int number)
    {
        _descriptor = descriptor;
        Number = number;
    }

    /// <summary>The group's number.</summary>
    public int Number { get; }

    /// <summary>Opens the group of a function.</summary>
    /// <param name="device">Of a fresh snapshot.</param>
    /// <exception cref="DmaBufException">ENODEV: the function is not bound to VFIO, or has no group; EPERM: the group is not viable; both name the command that would change it. EACCES: not for this user. EBUSY:
    /// somebody has it open.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static VfioGroup Open(SysfsPciDevice device)
    {
        LinuxOnly.Ensure();
        VfioBinding binding = VfioBinding.Of(device);
        if (!binding.IsBound || device.IommuGroup is not { } number)
        {
            throw new DmaBufException(Errno.ENODEV, $"Opening the VFIO group of {device} was refused. {binding}");
        }

        SafeFileHandle descriptor = DeviceNode.Open($"/dev/vfio/{number}", binding.ToString());
        VfioUapi.vfio_group_status status = new() { argsz = UapiSize.Of<VfioUapi.vfio_group_status>() };
        Errno errno = DeviceCall.Try(descriptor, VfioUapi.VFIO_GROUP_GET_STATUS, ref status);
        if (errno == Errno.None && (status.flags & VfioUapi.VFIO_GROUP_FLAGS_VIABLE) != 0)
        {
            return new VfioGroup(descriptor, number);
        }

        descriptor.Dispose();
        throw errno == Errno.None
            ? new DmaBufException(Errno.EPERM, $"Opening VFIO group {number} was refused: it is not viable. {binding}")
            : NativeError.Failure(errno, $"Asking VFIO group {number} for its status", NativeError.CommonRemedy(errno));
    }

    /// <summary>Opens one of its devices. The group must be in a container.</summary>
    /// <param name="device">A member of this group.</param>
    /// <returns>The device, owned by the caller.</returns>
    /// <exception cref="DmaBufException">EINVAL: the group is in no container; ENODEV: no such member; EBUSY: it is open.</exception>
    public unsafe VfioDevice OpenDevice(SysfsPciDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        byte[] name = Encoding.ASCII.GetBytes(device.Address + '\0');
        Errno errno;
        int descriptor;

        // SAFETY: the name ends with a zero and stays where it is during the call.
        fixed (byte* argument = name)
        {
            errno = DeviceCall.Try(_descriptor, VfioUapi.VFIO_GROUP_GET_DEVICE_FD, argument, out descriptor);
        }

        return errno == Errno.None
            ? VfioDevice.Adopt(new SafeFileHandle(descriptor, ownsHandle: true), device)
            : throw NativeError.Failure(errno, $"Opening {device} through VFIO group {Number}", errno switch
            {
                Errno.EINVAL => "Add the group to a container first.",
                Errno.ENODEV => "It is no member of this group, or it is not bound to VFIO any more.",
                Errno.EBUSY => "It is open already: one user at a time.",
                _ => NativeError.CommonRemedy(errno),
            });
    }

    /// <summary>Closes the group; it leaves its container.</summary>
    public void Dispose() => _descriptor.Dispose();

    /// <summary>The group's number.</summary>
    public override string ToString() => $"VFIO group {Number}";

    internal unsafe void JoinContainer(SafeFileHandle container)
    {
        bool added = false;
        try
        {
            container.DangerousAddRef(ref added);
            int number = (int)container.DangerousGetHandle();

            // SAFETY: the kernel reads one int during the call.
            Errno errno = DeviceCall.Try(_descriptor, VfioUapi.VFIO_GROUP_SET_CONTAINER, &number, out _);
            if (errno != Errno.None)
            {
                throw NativeError.Failure(errno, $"Adding {this} to a container", errno switch
                {
                    Errno.EBUSY or Errno.EINVAL => "It is in a container already: a group has one. Dispose it and open it anew.",
                    Errno.EPERM => "It is not viable: a kernel driver holds one of its members (see VfioBinding).",
                    _ => NativeError.CommonRemedy(errno),
                });
            }
        }
        finally
        {
            if (added)
            {
                container.DangerousRelease();
            }
        }
    }
}
