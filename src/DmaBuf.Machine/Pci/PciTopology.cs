using System.Collections.Concurrent;

namespace DmaBuf.Machine;

/// <summary>
/// The machine's peer-to-peer routes. Each is worked out when it is first asked for, and kept by the identities of provider and client
/// until the tree changes (<c>map_types</c> of the provider, by client).
/// </summary>
/// <remarks>
/// Asking again takes no lock, does no I/O and allocates nothing, as negotiation demands. A change of the tree swaps the whole cache
/// <i>after</i> the change can be seen: who still works with the old state puts its answer in the old cache, which nobody asks any more.
/// </remarks>
internal sealed class PciTopology(bool processorForwards)
{
    private ConcurrentDictionary<ulong, PeerToPeerRoute> _routes = new();

    /// <summary>Held while a function of this machine is removed or comes back (<c>pci_lock_rescan_remove</c>).</summary>
    public Lock Removal { get; } = new();

    public PeerToPeerRoute Route(PciFunction provider, PciFunction client)
    {
        ConcurrentDictionary<ulong, PeerToPeerRoute> routes = Volatile.Read(ref _routes);
        ulong key = ((ulong)provider.Node.Id << 32) | client.Node.Id;
        if (!routes.TryGetValue(key, out PeerToPeerRoute route))
        {
            route = Trace(provider, client).Route;
            routes.TryAdd(key, route);
        }

        return route;
    }

    public PciRouteLog Trace(PciFunction provider, PciFunction client)
    {
        PciRouteLog log = PciRouting.Trace(provider.Node, client.Node, processorForwards);
        return (provider.IsRemoved, client.IsRemoved) switch
        {
            (true, _) => log with { Route = Refuse($"{provider} was removed") },
            (_, true) => log with { Route = Refuse($"{client} was removed") },
            _ => log,
        };
    }

    /// <summary>The tree has changed: no answer that was worked out before counts any more.</summary>
    public void Invalidate() => Volatile.Write(ref _routes, new());

    private static PeerToPeerRoute Refuse(string reason) => new(PeerToPeerMapType.NotSupported, -1, reason);
}
