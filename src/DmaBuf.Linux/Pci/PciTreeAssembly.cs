namespace DmaBuf.Linux;

/// <summary>Puts what the folders said together: bridges above functions, and the whitelist's word on each host bridge.</summary>
internal static class PciTreeAssembly
{
    internal static Dictionary<string, SysfsPciDevice> Assemble(PciTree tree, IEnumerable<PciFunctionFacts> functions)
    {
        SortedDictionary<string, PciFunctionFacts> facts = new(functions.ToDictionary(static one => one.Address), StringComparer.Ordinal);
        Dictionary<string, (int Number, PciHostBridgePolicy Policy, bool IsKnown)> bridges = [];
        foreach (IGrouping<string, PciFunctionFacts> bridge in facts.Values.GroupBy(static one => one.HostBridge))
        {
            (PciHostBridgePolicy policy, bool isKnown) = PolicyOf(bridge);
            bridges.Add(bridge.Key, (bridges.Count, policy, isKnown));
        }

        Dictionary<string, PciNode> nodes = [];
        Dictionary<string, SysfsPciDevice> devices = [];
        foreach (PciFunctionFacts one in facts.Values)
        {
            devices.Add(one.Address, new SysfsPciDevice(tree, one, NodeOf(one.Address), bridges[one.HostBridge].IsKnown));
        }

        return devices;

        PciNode NodeOf(string address)
        {
            if (nodes.TryGetValue(address, out PciNode? node))
            {
                return node;
            }

            PciFunctionFacts own = facts[address];
            (int number, PciHostBridgePolicy policy, _) = bridges[own.HostBridge];

            // A bridge that went away between two reads is left out: what lay below it goes with it soon.
            PciNode? upstream = own.Upstream is not null && facts.ContainsKey(own.Upstream) ? NodeOf(own.Upstream) : null;
            _ = PciAddress.TryParse(address, out PciAddress parsed);
            node = new PciNode(upstream, number, policy, own.Config.AccessControl ?? PciAccessControl.None, parsed.Id, address);
            nodes.Add(address, node);
            return node;
        }
    }

    /// <summary>The whitelist knows a host bridge by the first device of its root bus, which is listed first because functions are found in this order.</summary>
    private static (PciHostBridgePolicy Policy, bool IsKnown) PolicyOf(IEnumerable<PciFunctionFacts> below)
    {
        PciFunctionFacts? first = below.Where(static one => one.Upstream is null).MinBy(static one => one.Address, StringComparer.Ordinal);
        if (first is null)
        {
            return (PciHostBridgePolicy.NotListed, true);
        }

        bool isAtZero = first.Address.EndsWith(":00.0", StringComparison.Ordinal);
        bool? isRootPort = first.Config.IsRootPort;
        PciRootDevice root = new(first.Identity.Vendor, first.Identity.Device, isAtZero, isRootPort ?? false);
        return (PciHostBridgeWhitelist.Kernel.PolicyOf(root), isAtZero || isRootPort is not null);
    }
}
