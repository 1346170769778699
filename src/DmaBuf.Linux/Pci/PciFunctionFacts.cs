namespace DmaBuf.Linux;

/// <summary>What one folder of sysfs said of a function, before the tree is put together.</summary>
/// <param name="Address">Its name.</param>
/// <param name="Upstream">The function above it; null on a root bus.</param>
/// <param name="HostBridge">The name of the host bridge's folder, for example <c>pci0000:00</c>.</param>
/// <param name="Config">Its configuration space, as far as it could be read.</param>
/// <param name="Identity">Vendor, device and class.</param>
/// <param name="Bars">BARs 0 to 5 and the ROM; those of length 0 are left out.</param>
/// <param name="Driver">The bound driver's name; null: none.</param>
/// <param name="IommuGroup">The group's number; null: no IOMMU.</param>
/// <param name="NumaNode">Null: none was said.</param>
internal sealed record PciFunctionFacts(
    string Address, string? Upstream, string HostBridge, PciConfigSpace Config, (ushort Vendor, ushort Device, uint Class) Identity, IReadOnlyList<SysfsPciBar> Bars, string? Driver,
    int? IommuGroup, int? NumaNode);
