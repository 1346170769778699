namespace DmaBuf;

/// <summary>The first device of a root bus, by which the whitelist knows a host bridge.</summary>
/// <param name="Vendor">PCI vendor id, for example 0x8086.</param>
/// <param name="Device">PCI device id.</param>
/// <param name="IsAtDeviceZero">Whether it is at 00.0.</param>
/// <param name="IsRootPort">Whether it is a root port.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record PciRootDevice(ushort Vendor, ushort Device, bool IsAtDeviceZero = true, bool IsRootPort = false);
