namespace DmaBuf.Machine;

/// <summary>
/// Gives BARs their CPU physical addresses, ascending. A BAR is aligned to its length, and a page stays free behind each, so that running over one faults; only those of the virtual
/// functions of one physical function lie one behind the other, because one register places them all.
/// </summary>
internal sealed class PciBarPlacer
{
    private readonly Dictionary<(uint Physical, int Bar), ulong> _groups = [];
    private ulong _next = AddressLayout.MmioStart;

    /// <summary>The places of an endpoint's BARs.</summary>
    public PciBarPlacement[] Place(PciEndpointPlan endpoint)
    {
        List<(ulong Length, PciBarOptions Options)> bars = endpoint.Definition.Bars;

        // One BAR that may not be mapped keeps the whole device from serving peers.
        bool mappable = bars.TrueForAll(static bar => bar.Options.Mappable);
        PciBarPlacement[] placements = new PciBarPlacement[bars.Count];
        for (int index = 0; index < placements.Length; index++)
        {
            (ulong length, PciBarOptions options) = bars[index];
            ulong start = endpoint.Physical is { } physical ? InGroup((physical.Function.Id, index), length, physical.Index, physical.Options.Total) : Take(length, 1);
            placements[index] = new PciBarPlacement(new PhysicalRange(new PhysicalAddress(start), length), endpoint.HostBridge.BusOffset, options, options.PeerToPeer && mappable);
        }

        return placements;
    }

    private ulong InGroup((uint Physical, int Bar) group, ulong length, int index, int total)
    {
        if (!_groups.TryGetValue(group, out ulong first))
        {
            first = Take(length, (ulong)total);
            _groups.Add(group, first);
        }

        return first + ((ulong)index * length);
    }

    private ulong Take(ulong length, ulong count)
    {
        ulong start = checked((_next + (length - 1)) & ~(length - 1));
        _next = checked(start + (length * count) + MachinePage.Size);
        return start;
    }
}
