namespace DmaBuf;

/// <summary>A row of the whitelist: host bridges that are known to forward peer traffic.</summary>
/// <param name="Vendor">Vendor id of the first device of the root bus.</param>
/// <param name="Device">Its device id; null: any (<c>PCI_ANY_ID</c>).</param>
/// <param name="SameBridgeOnly">Whether only traffic between functions below the same host bridge is forwarded
/// (<c>REQ_SAME_HOST_BRIDGE</c>).</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record PciHostBridgeEntry(ushort Vendor, ushort? Device, bool SameBridgeOnly = false);
