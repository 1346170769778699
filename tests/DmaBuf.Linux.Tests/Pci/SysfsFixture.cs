using System.Globalization;

namespace DmaBuf.Linux.Tests.Pci;

/// <summary>A small sysfs in a temporary folder: devices below host bridges and ports, with links as the kernel makes them.</summary>
internal sealed class SysfsFixture : IDisposable
{
    private readonly Dictionary<string, string> _places = [];

    internal string Root { get; } = Directory.CreateTempSubdirectory("dmabuf-sysfs").FullName;

    /// <summary>Adds a function below another that was added before, or on the root bus of a host bridge; identity is "vendor:device", and of the configuration space only the bytes given can be read.</summary>
    internal void Add(
        string address, string? upstream = null, string identity = "8086:1234", byte[]? config = null, string? driver = null, int? group = null, string hostBridge = "pci0000:00", uint classCode = 0,
        string resource = "", string numaNode = "-1")
    {
        string place = Path.Combine(upstream is null ? Path.Combine(Root, "devices", hostBridge) : _places[upstream], address);
        _places.Add(address, place);
        Directory.CreateDirectory(place);
        string[] ids = identity.Split(':');
        Write(place, "vendor", $"0x{ids[0]}\n");
        Write(place, "device", $"0x{ids[1]}\n");
        Write(place, "class", string.Create(CultureInfo.InvariantCulture, $"0x{classCode:x6}\n"));
        Write(place, "resource", resource);
        Write(place, "numa_node", numaNode + "\n");
        File.WriteAllBytes(Path.Combine(place, "config"), config ?? new byte[256]);
        if (driver is not null)
        {
            Link(place, "driver", Directory.CreateDirectory(Path.Combine(Root, "bus/pci/drivers", driver)).FullName);
        }

        if (group is { } number)
        {
            Link(place, "iommu_group", Directory.CreateDirectory(Path.Combine(Root, "kernel/iommu_groups", number.ToString(CultureInfo.InvariantCulture))).FullName);
        }

        string devices = Directory.CreateDirectory(Path.Combine(Root, "bus/pci/devices")).FullName;
        Link(devices, address, place);
    }

    internal PciTree Read(Processor? processor = null) => PciTree.Read(Root, processor ?? new Processor(ProcessorVendor.Intel, 6));

    public void Dispose() => Directory.Delete(Root, recursive: true);

    /// <summary>An express function's whole configuration space with an express capability of a type, and with access control bits if some are given.</summary>
    internal static byte[] Express(int portType, ushort? accessControl = null)
    {
        byte[] config = new byte[4096];
        config[0x06] = 0x10;
        config[0x34] = 0x40;
        config[0x40] = 0x10;
        config[0x42] = (byte)(portType << 4);
        if (accessControl is { } bits)
        {
            // First some other extended capability, which leads to this one.
            BitConverter.TryWriteBytes(config.AsSpan(0x100), 0x0001u | (0x1u << 16) | (0x148u << 20));
            BitConverter.TryWriteBytes(config.AsSpan(0x148), 0x000Du | (0x1u << 16));
            BitConverter.TryWriteBytes(config.AsSpan(0x148 + 6), bits);
        }

        return config;
    }

    /// <summary>What a user without privilege can read.</summary>
    internal static byte[] HeaderOnly(byte[] config) => config[..64];

    private static void Write(string place, string file, string text) => File.WriteAllText(Path.Combine(place, file), text);

    private static void Link(string place, string name, string target) => File.CreateSymbolicLink(Path.Combine(place, name), Path.GetRelativePath(place, target));
}
