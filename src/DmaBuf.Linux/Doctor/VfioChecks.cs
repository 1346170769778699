using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>Devices driven from user space: the type 1 container, iommufd, and which devices are given to them. Groups and device nodes are not opened, as an open one keeps others out.</summary>
internal static class VfioChecks
{
    private const string Area = "vfio";

    internal static IEnumerable<DoctorCheck> Of(DoctorRoom room) => [Container(room), .. Groups(room), .. Devices(room), IommuFd(room), Groups(room, room.System("kernel/iommu_groups"))];

    private static DoctorCheck Container(DoctorRoom room)
    {
        string path = room.Device("vfio/vfio");
        using SafeFileHandle? container = DoctorNode.TryOpen(room, path, Area, Area, room.Configuration.Remedy("VFIO_PCI", "vfio-pci", "3.6"), out DoctorCheck? refusal);
        string[] bound = [.. DoctorRoom.Names(room.System("bus/pci/drivers/vfio-pci")).Where(static name => name.Contains(':', StringComparison.Ordinal))];
        if (container is null)
        {
            return refusal!;
        }

        return bound.Length > 0
            ? DoctorCheck.Works(Area, Area, $"{path} was opened; vfio-pci drives {string.Join(", ", bound)}")
            : new(Area, Area, DoctorState.Limited, $"{path} was opened; vfio-pci drives no device", "sudo driverctl set-override 0000:BB:DD.F vfio-pci (or write vfio-pci to the device's driver_override, and its address to drivers_probe)");
    }

    private static IEnumerable<DoctorCheck> Groups(DoctorRoom room) => DoctorRoom.Names(room.Device("vfio"))
        .Where(static name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        .Select(group => Access(room, room.Device($"vfio/{group}"), $"{Area}:{group}", $"group {group}: {string.Join(", ", DoctorRoom.Names(room.System($"kernel/iommu_groups/{group}/devices")))}"));

    private static IEnumerable<DoctorCheck> Devices(DoctorRoom room) => DoctorRoom.Names(room.Device("vfio/devices"), "vfio")
        .Select(device => Access(room, room.Device($"vfio/devices/{device}"), $"{Area}:{device}", $"device node for iommufd, of {DoctorRoom.LinkName(room.System($"class/vfio-dev/{device}/device")) ?? "an unknown device"}"));

    private static DoctorCheck Access(DoctorRoom room, string path, string name, string detail) =>
        DoctorNode.TryAccess(room, path, Area, name, "its driver") ?? DoctorCheck.Works(Area, name, $"{detail}; may be opened");

    private static DoctorCheck IommuFd(DoctorRoom room)
    {
        const string area = "iommufd";
        string path = room.Device("iommu");
        using SafeFileHandle? device = DoctorNode.TryOpen(room, path, area, area, room.Configuration.Remedy("IOMMUFD", "iommufd", "6.2"), out DoctorCheck? refusal);
        return device is null ? refusal! : DoctorCheck.Works(area, area, $"{path} was opened");
    }

    private static DoctorCheck Groups(DoctorRoom room, string directory)
    {
        const string area = "iommu";
        int groups = DoctorRoom.Names(directory).Length;
        return groups > 0
            ? DoctorCheck.Works(area, area, string.Create(CultureInfo.InvariantCulture, $"{groups} groups of devices behind IOMMUs"))
            : new(area, area, DoctorState.Missing, $"no group in {directory}", "switch the IOMMU on in the firmware (VT-d, AMD-Vi), and with an Intel processor boot with intel_iommu=on");
    }
}
