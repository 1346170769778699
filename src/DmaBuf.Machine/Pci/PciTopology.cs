namespace DmaBuf.Machine;

/// <summary>
/// All peer-to-peer routes of a machine, worked out once when it is built. Asking is one array access: no lock, no allocation, no I/O, as
/// negotiation demands.
/// </summary>
internal sealed class PciTopology
{
    private readonly PeerToPeerRoute[,] _routes;

    public PciTopology(PciNode[] endpoints, bool processorForwards)
    {
        _routes = new PeerToPeerRoute[endpoints.Length, endpoints.Length];
        for (int provider = 0; provider < endpoints.Length; provider++)
        {
            for (int client = 0; client < endpoints.Length; client++)
            {
                _routes[provider, client] = PciRouting.Find(endpoints[provider], endpoints[client], processorForwards);
            }
        }
    }

    public PeerToPeerRoute Route(int provider, int client) => _routes[provider, client];
}
