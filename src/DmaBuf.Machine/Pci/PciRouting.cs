namespace DmaBuf.Machine;

/// <summary>
/// How peer traffic finds its way through a PCI tree (<c>calc_map_type_and_dist</c>).
/// </summary>
/// <remarks>
/// Vocabulary: the <i>common bridge</i> is the nearest bridge that both functions lie below; a <i>redirect</i> is an access control bit
/// that forces peer traffic up. Below a common bridge and without a redirect on the way, switches route by bus address. All other traffic
/// reaches the host bridge, and not every host bridge sends it down again: a CPU that is known to, or the whitelist, decides. Distance
/// counts the links from both functions up to where the paths meet. Pure functions over an immutable tree.
/// </remarks>
internal static class PciRouting
{
    /// <summary>The route of <paramref name="client"/>'s traffic to <paramref name="provider"/>'s memory.</summary>
    public static PeerToPeerRoute Find(PciNode provider, PciNode client, bool processorForwards)
    {
        if (ReferenceEquals(provider, client))
        {
            return new PeerToPeerRoute(PeerToPeerMapType.BusAddress, 0, "it is the same function");
        }

        PciNode? redirecting = null;
        int providerHops = 0;
        for (PciNode? above = provider; above is not null; above = above.Upstream, providerHops++)
        {
            redirecting ??= above.Redirect != PciRedirect.None ? above : null;
            if (HopsUp(client, above) is int clientHops)
            {
                redirecting ??= FirstRedirecting(client, above);
                int distance = providerHops + clientHops;
                return redirecting is null
                    ? new PeerToPeerRoute(PeerToPeerMapType.BusAddress, distance,
                        $"both lie below {above.Address}, and no port on the way redirects")
                    : ThroughHostBridge(provider, client, distance, processorForwards,
                        $"{redirecting.Address} redirects peer traffic to the root");
            }
        }

        return ThroughHostBridge(provider, client, providerHops + Depth(client), processorForwards, "no bridge lies above both");
    }

    private static PeerToPeerRoute ThroughHostBridge(PciNode provider, PciNode client, int distance, bool processorForwards, string cause)
    {
        if (processorForwards)
        {
            return new PeerToPeerRoute(PeerToPeerMapType.ThroughHostBridge, distance, $"{cause}, and the processor forwards peer traffic");
        }

        string? refusal = (provider.HostBridge == client.HostBridge, provider.Policy, client.Policy) switch
        {
            (true, PciHostBridgePolicy.NotListed, _) => "the host bridge is not on the whitelist",
            (true, _, _) => null,
            (false, PciHostBridgePolicy.Listed, PciHostBridgePolicy.Listed) => null,
            (false, PciHostBridgePolicy.SameBridgeOnly, _) or (false, _, PciHostBridgePolicy.SameBridgeOnly) =>
                "they have different host bridges, and one forwards only between functions below itself",
            _ => "they have different host bridges, and not both are on the whitelist",
        };
        return refusal is null
            ? new PeerToPeerRoute(PeerToPeerMapType.ThroughHostBridge, distance,
                $"{cause}, and the whitelist says that it is forwarded there")
            : new PeerToPeerRoute(PeerToPeerMapType.NotSupported, -1, $"{cause}, and {refusal}");
    }

    /// <summary>Links from a function up to a bridge above it, or null if the bridge is not above it.</summary>
    private static int? HopsUp(PciNode from, PciNode bridge)
    {
        int hops = 0;
        for (PciNode? node = from; node is not null; node = node.Upstream, hops++)
        {
            if (ReferenceEquals(node, bridge))
            {
                return hops;
            }
        }

        return null;
    }

    private static PciNode? FirstRedirecting(PciNode from, PciNode end)
    {
        for (PciNode node = from; !ReferenceEquals(node, end); node = node.Upstream!)
        {
            if (node.Redirect != PciRedirect.None)
            {
                return node;
            }
        }

        return null;
    }

    private static int Depth(PciNode node)
    {
        int depth = 0;
        for (PciNode? above = node; above is not null; above = above.Upstream)
        {
            depth++;
        }

        return depth;
    }
}
