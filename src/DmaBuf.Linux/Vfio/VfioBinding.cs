using System.Text;

namespace DmaBuf.Linux;

/// <summary>Whether a function is ready to be driven from user space, and if not, what is missing and the one command that would change it.</summary>
/// <remarks>
/// <para>Theory. A device is opened through VFIO when <c>vfio-pci</c> (or a variant of it) is bound to it. Its IOMMU group must be <em>viable</em>: nobody in the group may be driven by a
/// kernel driver that does DMA, because the group is what the IOMMU can tell apart. Members without a driver, and ports, do no harm.</para>
/// <para>A statement about a snapshot (<see cref="PciTree"/>). Immutable, safe for all threads.</para>
/// </remarks>
public sealed record VfioBinding
{
    private const string VfioDriver = "vfio-pci";

    private VfioBinding(SysfsPciDevice device)
    {
        Device = device;
        IsBound = IsVfio(device);
        SysfsPciDevice[] members = [.. device.GroupMembers];
        InTheWay = [.. members.Where(member => member != device && !IsHarmless(member))];
        Command = CommandFor([.. members.Where(member => member == device ? !IsBound : !IsHarmless(member))], device.Tree.Root);
    }

    /// <summary>The function that is meant.</summary>
    public SysfsPciDevice Device { get; }

    /// <summary>Whether a VFIO driver is bound to it.</summary>
    public bool IsBound { get; }

    /// <summary>The other members of its group that a kernel driver holds.</summary>
    public IReadOnlyList<SysfsPciDevice> InTheWay { get; }

    /// <summary>Whether the group can be opened once the function is bound.</summary>
    public bool IsViable => Device.IommuGroup is not null && InTheWay.Count == 0;

    /// <summary>Whether it can be opened now, as far as sysfs tells; permission on the node is another matter.</summary>
    public bool IsReady => IsBound && IsViable;

    /// <summary>The command line, for root, that binds what is missing; empty if nothing is.</summary>
    public string Command { get; }

    /// <summary>Looks at a function and its group.</summary>
    /// <param name="device">Of a fresh snapshot.</param>
    public static VfioBinding Of(SysfsPciDevice device)
    {
        LinuxOnly.Ensure();
        ArgumentNullException.ThrowIfNull(device);
        return new VfioBinding(device);
    }

    /// <summary>One or two sentences for people: what holds, or what is missing and what to do.</summary>
    public override string ToString()
    {
        if (Device.IommuGroup is null)
        {
            return $"{Device} is in no IOMMU group: no IOMMU is in charge of it. Switch it on in the firmware and with intel_iommu=on or amd_iommu=on on the kernel's command line.";
        }

        if (IsReady)
        {
            return $"{Device} is bound to {Device.Driver}, and its group {Device.IommuGroup} is viable.";
        }

        StringBuilder text = new();
        if (!IsBound)
        {
            text.Append(Device.Driver is null ? $"{Device} has no driver. " : $"{Device} is bound to {Device.Driver}. ");
        }

        if (InTheWay.Count != 0)
        {
            text.Append("In its group ").Append(Device.IommuGroup).Append(" kernel drivers hold ")
                .AppendJoin(", ", InTheWay.Select(static member => $"{member} ({member.Driver})")).Append(". ");
        }

        return text.Append("Run as root: ").Append(Command).ToString();
    }

    private static bool IsVfio(SysfsPciDevice device) => device.Driver is { } driver && driver.Contains("vfio", StringComparison.Ordinal);

    private static bool IsHarmless(SysfsPciDevice device) => device.Driver is null or "pcieport" or "pci-stub" || IsVfio(device);

    private static string CommandFor(SysfsPciDevice[] devices, string root) => string.Join(" && ", devices.SelectMany(device => CommandFor(device, root + "/bus/pci")));

    private static IEnumerable<string> CommandFor(SysfsPciDevice device, string bus)
    {
        yield return $"echo {VfioDriver} > {bus}/devices/{device.Address}/driver_override";
        if (device.Driver is not null)
        {
            yield return $"echo {device.Address} > {bus}/devices/{device.Address}/driver/unbind";
        }

        yield return $"echo {device.Address} > {bus}/drivers_probe";
    }
}
