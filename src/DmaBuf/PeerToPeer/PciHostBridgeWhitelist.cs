namespace DmaBuf;

/// <summary>
/// Which host bridges forward peer traffic, as data: rows keyed by vendor and device of the first device of the root bus
/// (<c>pci_p2pdma_whitelist</c>). Not listed means: nobody knows, so nobody may rely on it.
/// </summary>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed class PciHostBridgeWhitelist
{
    private const ushort Intel = 0x8086;
    private const ushort Google = 0x1AE0;

    /// <summary>Makes a whitelist. The first row that fits counts.</summary>
    /// <param name="entries">The rows, copied.</param>
    public PciHostBridgeWhitelist(params IEnumerable<PciHostBridgeEntry> entries) => Entries = [.. entries];

    /// <summary>The rows that the kernel has: Intel's servers since Sandy Bridge and Google's chips.</summary>
    public static PciHostBridgeWhitelist Kernel { get; } = new(
        new PciHostBridgeEntry(Intel, 0x3C00, SameBridgeOnly: true),
        new PciHostBridgeEntry(Intel, 0x3C01, SameBridgeOnly: true),
        new PciHostBridgeEntry(Intel, 0x2F00, SameBridgeOnly: true),
        new PciHostBridgeEntry(Intel, 0x2F01, SameBridgeOnly: true),
        new PciHostBridgeEntry(Intel, 0x2030),
        new PciHostBridgeEntry(Intel, 0x2031),
        new PciHostBridgeEntry(Intel, 0x2032),
        new PciHostBridgeEntry(Intel, 0x2033),
        new PciHostBridgeEntry(Intel, 0x2020),
        new PciHostBridgeEntry(Intel, 0x09A2),
        new PciHostBridgeEntry(Google, null));

    /// <summary>The rows in order.</summary>
    public IReadOnlyList<PciHostBridgeEntry> Entries { get; }

    /// <summary>What the whitelist says of a host bridge.</summary>
    /// <param name="first">The first device of its root bus. One that is neither at 00.0 nor a root port identifies no host bridge.</param>
    public PciHostBridgePolicy PolicyOf(PciRootDevice first)
    {
        ArgumentNullException.ThrowIfNull(first);
        PciHostBridgeEntry? row = first.IsAtDeviceZero || first.IsRootPort
            ? Entries.FirstOrDefault(entry => entry.Vendor == first.Vendor && (entry.Device ?? first.Device) == first.Device)
            : null;
        return row switch
        {
            null => PciHostBridgePolicy.NotListed,
            { SameBridgeOnly: true } => PciHostBridgePolicy.SameBridgeOnly,
            _ => PciHostBridgePolicy.Listed,
        };
    }
}
