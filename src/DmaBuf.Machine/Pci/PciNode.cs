namespace DmaBuf.Machine;

/// <summary>A function in the tree: port or endpoint. Immutable, as the whole tree.</summary>
/// <param name="Upstream">The bridge above; null on a root bus.</param>
/// <param name="HostBridge">The host bridge's number.</param>
/// <param name="Policy">The host bridge's row in the whitelist.</param>
/// <param name="Redirect">The function's access control bits.</param>
/// <param name="Address">Domain, bus, device and function.</param>
internal sealed record PciNode(PciNode? Upstream, int HostBridge, PciHostBridgePolicy Policy, PciRedirect Redirect, string Address);
