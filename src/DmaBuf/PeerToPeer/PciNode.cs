namespace DmaBuf;

/// <summary>A function in a PCI tree, port or endpoint, as far as routes depend on it.</summary>
/// <param name="Upstream">The bridge above; null on a root bus.</param>
/// <param name="HostBridge">The host bridge's number: two functions with the same number lie below the same host bridge.</param>
/// <param name="Policy">The host bridge's row in the whitelist.</param>
/// <param name="AccessControl">The function's access control bits.</param>
/// <param name="Id">Domain &lt;&lt; 16 | bus &lt;&lt; 8 | device and function: the key of cached routes.</param>
/// <param name="Address">Domain, bus, device and function, for example <c>0000:03:00.0</c>.</param>
/// <remarks>Immutable, as the whole tree, and so safe for all threads. Nodes of one tree are compared by reference where routes are found.</remarks>
public sealed record PciNode(PciNode? Upstream, int HostBridge, PciHostBridgePolicy Policy, PciAccessControl AccessControl, uint Id, string Address)
{
    /// <summary>What a route that meets this function writes down.</summary>
    public PciRouteStep Step => new(Address, AccessControl);

    /// <summary>Whether <paramref name="bridge"/> lies on the way from this function up to the root.</summary>
    /// <param name="bridge">A function of the same tree.</param>
    public bool IsBelow(PciNode bridge)
    {
        ArgumentNullException.ThrowIfNull(bridge);
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
