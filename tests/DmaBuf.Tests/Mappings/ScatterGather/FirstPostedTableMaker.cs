namespace DmaBuf.Tests.Mappings.ScatterGather;

/// <summary>
/// A mutant that behaves as the series did when it was first posted: links at offset 0, counts linked bytes in 32 bits, cuts at 2^32 - 1, leaks the block
/// on early failures, and unmaps by entry, filled or not.
/// </summary>
internal sealed class FirstPostedTableMaker : ITableMaker
{
    private const ulong Piece = uint.MaxValue;

    public (ScatterGatherEntry[] Entries, Action Release) Make(IDmaDevice device, PeerToPeerProvider provider, PhysicalRange[] ranges)
    {
        ulong size = TableTopology.Sum(ranges);
        if (provider.Device.RouteFrom(device.PciDevice).MapType == PeerToPeerMapType.BusAddress)
            return ([.. ranges.SelectMany(range => Cut(range.Start.Value + provider.BusOffset, range.Length))], () => { });
        return device.TryReserveIova(size) is { } block ? Link(block, ranges, size) : Map(device, ranges);
    }

    private static (ScatterGatherEntry[] Entries, Action Release) Link(IIovaReservation block, PhysicalRange[] ranges, ulong size)
    {
        FaultPoint.Check(FaultSite.TableAllocation);
        uint mappedLength = 0;
        try
        {
            foreach (PhysicalRange range in ranges)
            {
                block.Link(0, range, DmaDirection.ToDevice, DmaAttributes.Mmio);
                mappedLength += unchecked((uint)range.Length);
            }

            block.Synchronize(mappedLength);
        }
        catch
        {
            if (mappedLength != 0)
                block.Release(mappedLength, DmaDirection.ToDevice, DmaAttributes.Mmio);
            throw;
        }

        return ([.. Cut(block.Start.Value, size)], () => block.Release(size, DmaDirection.ToDevice, DmaAttributes.Mmio));
    }

    private static (ScatterGatherEntry[] Entries, Action Release) Map(IDmaDevice device, PhysicalRange[] ranges)
    {
        var entries = new ScatterGatherEntry[ranges.Sum(range => (int)((range.Length + Piece - 1) / Piece))];
        int next = 0;
        try
        {
            foreach (PhysicalRange range in ranges)
            {
                DmaAddress address = device.MapRange(range, DmaDirection.ToDevice, DmaAttributes.Mmio);
                foreach (ScatterGatherEntry entry in Cut(address.Value, range.Length))
                    entries[next++] = entry;
            }
        }
        catch
        {
            if (next != 0)
                UnmapEntries();
            throw;
        }

        return (entries, UnmapEntries);

        void UnmapEntries()
        {
            foreach (ScatterGatherEntry entry in entries)
                device.UnmapRange(new DmaRange(entry.Address, entry.Length), DmaDirection.ToDevice, DmaAttributes.Mmio);
        }
    }

    private static IEnumerable<ScatterGatherEntry> Cut(ulong address, ulong length)
    {
        for (ulong done = 0; done < length; done += Piece)
            yield return new ScatterGatherEntry(new DmaAddress(address + done), (uint)Math.Min(length - done, Piece));
    }
}
