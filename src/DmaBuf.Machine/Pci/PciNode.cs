namespace DmaBuf.Machine;

/// <summary>A function in the tree: port or endpoint. Immutable, as the whole tree.</summary>
/// <param name="Upstream">The bridge above; null on a root bus.</param>
/// <param name="HostBridge">The host bridge's number.</param>
/// <param name="Policy">The host bridge's row in the whitelist.</param>
/// <param name="AccessControl">The function's access control bits.</param>
/// <param name="Id">Domain &lt;&lt; 16 | bus &lt;&lt; 8 | device and function: the key of cached routes.</param>
/// <param name="Address">Domain, bus, device and function.</param>
internal sealed record PciNode(PciNode? Upstream, int HostBridge, PciHostBridgePolicy Policy, PciAccessControl AccessControl, uint Id, string Address)
{
    public PciRouteStep Step => new(Address, AccessControl);

    public bool IsBelow(PciNode bridge)
    {
        for (PciNode? above = Upstream; above is not null; above = above.Upstream)
        {
            if (above.Id == bridge.Id)
            {
                return true;
            }
        }

        return false;
    }
}
