using System.Globalization;

namespace DmaBuf.Linux;

/// <summary>
/// The PCI functions of this machine as sysfs shows them, read once: identity, BARs, driver, IOMMU group, NUMA node, and what decides how peers reach each other.
/// </summary>
/// <remarks>
/// <para>Theory. Negotiation asks for routes while it matches, and must do no I/O then. So everything is read in <see cref="Read"/>, and a device that is bound, plugged or reset
/// later is seen by a new snapshot only. The rule is the kernel's (<c>calc_map_type_and_dist</c>, see <see cref="PciRouting"/>); the facts are the place of a function in the tree, the access control
/// bits of each port on the way, and who the host bridge is.</para>
/// <para>Access control bits stand in the extended configuration space, which sysfs shows to root only. Where they decide and could not be read, the route is
/// <see cref="PeerToPeerMapType.Unknown"/> and says so: an importer then declines instead of guessing.</para>
/// <para>Immutable, safe for all threads.</para>
/// </remarks>
public sealed class PciTree
{
    /// <summary>Where sysfs is mounted, unless somebody says otherwise.</summary>
    public const string DefaultRoot = "/sys";

    private readonly Dictionary<string, SysfsPciDevice> _byAddress;

    internal PciTree(string root, Processor? processor, IEnumerable<PciFunctionFacts> functions)
    {
        Root = root;
        Processor = processor;
        _byAddress = PciTreeAssembly.Assemble(this, functions);
        Devices = [.. _byAddress.Values];
    }

    /// <summary>The folder that was read as sysfs.</summary>
    public string Root { get; }

    /// <summary>The machine's processor; null: unknown, and so not one that is known to forward peer traffic.</summary>
    public Processor? Processor { get; }

    /// <summary>All functions, ordered by address.</summary>
    public IReadOnlyList<SysfsPciDevice> Devices { get; }

    /// <summary>Reads the machine's tree. Needs no privilege; without it, routes that access control bits decide stay unknown.</summary>
    /// <param name="root">The folder of sysfs; another one for a recorded tree.</param>
    /// <param name="processor">The processor; null: as <c>/proc/cpuinfo</c> says, which is right for the machine that this runs on only.</param>
    /// <exception cref="DmaBufException">ENOENT: there is no PCI in this sysfs.</exception>
    public static PciTree Read(string root = DefaultRoot, Processor? processor = null)
    {
        LinuxOnly.Ensure();
        ArgumentException.ThrowIfNullOrWhiteSpace(root);
        string folder = Path.Combine(root, "bus/pci/devices");
        if (!Directory.Exists(folder))
        {
            throw new DmaBufException(
                Errno.ENOENT, $"Reading the PCI tree failed: {folder} does not exist. This machine has no PCI, or sysfs is not mounted there: mount -t sysfs sysfs {root}.");
        }

        List<PciFunctionFacts> functions = [];
        foreach (string entry in Directory.EnumerateFileSystemEntries(folder))
        {
            // One that is unplugged while we look is not there any more, and so is not missed.
            if (PciFunctionReader.TryRead(entry) is { } facts)
            {
                functions.Add(facts);
            }
        }

        return new PciTree(root, processor ?? ProcessorReader.TryRead("/proc/cpuinfo"), functions);
    }

    /// <summary>The function at an address.</summary>
    /// <param name="address">As <c>0000:03:00.0</c>; the domain may be left out if it is 0.</param>
    /// <exception cref="DmaBufException">EINVAL: no such address can be; ENODEV: no such function was there.</exception>
    public SysfsPciDevice Find(string address)
    {
        ArgumentNullException.ThrowIfNull(address);
        string whole = address.Length == 7 ? "0000:" + address : address;
        if (!PciAddress.TryParse(whole, out _))
        {
            throw new DmaBufException(Errno.EINVAL, $"\"{address}\" is no PCI address. Write domain, bus, device and function, as in 0000:03:00.0 (lspci -D shows them).");
        }

        return _byAddress.TryGetValue(whole.ToLower(CultureInfo.InvariantCulture), out SysfsPciDevice? device)
            ? device
            : throw new DmaBufException(Errno.ENODEV, $"There is no PCI function {whole} in {Root}. Look with lspci -D, or read a new snapshot if it was plugged since.");
    }

    /// <summary>All functions with this identity, for example 1234:11e8.</summary>
    public IEnumerable<SysfsPciDevice> Find(ushort vendor, ushort device) => Devices.Where(one => one.Vendor == vendor && one.DeviceId == device);

    /// <summary>How <paramref name="client"/>'s DMA reaches <paramref name="provider"/>'s memory, with all that was looked at (<c>pci_p2pdma_distance</c>, verbose).</summary>
    /// <param name="provider">The address of the function whose memory is reached.</param>
    /// <param name="client">The address of the function that reaches for it.</param>
    /// <exception cref="DmaBufException">As <see cref="Find(string)"/>.</exception>
    public PciRouteLog ExplainRoute(string provider, string client) => Find(provider).ExplainRouteFrom(Find(client));

    internal SysfsPciDevice? TryFind(string address) => _byAddress.GetValueOrDefault(address);
}
