namespace DmaBuf;

/// <summary>
/// How peer traffic finds its way through a PCI tree (<c>calc_map_type_and_dist</c>).
/// </summary>
/// <remarks>
/// Vocabulary: the <i>common bridge</i> is the nearest bridge that both functions lie below; a <i>redirect</i> is an access control bit
/// that forces peer traffic up. Below a common bridge and without a redirect on the way, switches route by bus address. All other traffic
/// reaches the host bridge, and not every host bridge sends it down again: a CPU that is known to, or the whitelist, decides. Distance
/// counts the links from both functions up to where the paths meet. Pure functions over an immutable tree.
/// </remarks>
public static class PciRouting
{
    /// <summary>The route of <paramref name="client"/>'s traffic to <paramref name="provider"/>'s memory.</summary>
    /// <param name="provider">The function whose memory is reached.</param>
    /// <param name="client">The function that reaches for it; of the same tree.</param>
    /// <param name="processorForwards">Whether the processor forwards peer traffic whatever the whitelist says (<see cref="Processor.ForwardsPeerTraffic"/>).</param>
    public static PeerToPeerRoute Find(PciNode provider, PciNode client, bool processorForwards) => Trace(provider, client, processorForwards).Route;

    /// <summary>The route with all that was looked at.</summary>
    /// <inheritdoc cref="Find"/>
    public static PciRouteLog Trace(PciNode provider, PciNode client, bool processorForwards)
    {
        ArgumentNullException.ThrowIfNull(provider);
        ArgumentNullException.ThrowIfNull(client);
        List<PciNode> up = Ancestry(provider);
        List<PciNode> across = Ancestry(client);
        int common = up.FindIndex(across.Contains);
        int below = common < 0 ? across.Count : across.IndexOf(up[common]);
        PciRouteStep[] providerSide = [.. up[..(common < 0 ? up.Count : common + 1)].Select(node => node.Step)];
        PciRouteStep[] clientSide = [.. across[..below].Select(node => node.Step)];
        string? bridge = common <= 0 ? null : up[common].Address;
        return new PciRouteLog(provider.Address, client.Address, providerSide, clientSide, bridge, Decide());

        PeerToPeerRoute Decide()
        {
            if (ReferenceEquals(provider, client))
            {
                return new PeerToPeerRoute(PeerToPeerMapType.BusAddress, 0, "it is the same function");
            }

            if (common < 0)
            {
                return ThroughHostBridge(provider, client, up.Count + across.Count, processorForwards, "no bridge lies above both");
            }

            PciRouteStep redirecting = providerSide.Concat(clientSide).FirstOrDefault(step => step.Redirects);
            return redirecting.Address is null
                ? new PeerToPeerRoute(PeerToPeerMapType.BusAddress, common + below, $"both lie below {bridge}, and no port on the way redirects")
                : ThroughHostBridge(provider, client, common + below, processorForwards, $"{redirecting.Address} redirects peer traffic to the root");
        }
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

    /// <summary>The function and all bridges above it.</summary>
    private static List<PciNode> Ancestry(PciNode function)
    {
        List<PciNode> path = [];
        for (PciNode? node = function; node is not null; node = node.Upstream)
        {
            path.Add(node);
        }

        return path;
    }
}
