namespace DmaBuf;

/// <summary>Mode C: each range is mapped by itself. It is unmapped with the address and length it was mapped with, however its entries were cut.</summary>
internal sealed class PerRangeBacking : ScatterGatherBacking
{
    private readonly IDmaDevice _device;
    private readonly DmaDirection _direction;
    private readonly DmaAttributes _attributes;
    private readonly DmaRange[] _mapped;
    private int _mappedCount;

    private PerRangeBacking(MappingCost cost, IDmaDevice device, DmaRange[] mapped, DmaDirection direction, DmaAttributes attributes)
        : base(cost)
    {
        _device = device;
        _mapped = mapped;
        _direction = direction;
        _attributes = attributes;
    }

    /// <summary>Maps the ranges one by one; if one fails, exactly those before it are unmapped.</summary>
    internal static PerRangeBacking Map(
        IDmaDevice device,
        ReadOnlySpan<PhysicalRange> ranges,
        in PhysicalRangeSummary summary,
        DmaDirection direction,
        DmaAttributes attributes,
        DmaSegmentLimits? limits)
    {
        var mapped = new DmaRange[ranges.Length];
        var backing = new PerRangeBacking(CostOn(device, attributes), device, mapped, direction, attributes);
        try
        {
            if (limits is null)
                backing.SetTable(ScatterGatherTable.Allocate(ScatterGatherFill.CountEntries(ranges, summary), summary.TotalLength));
            backing.MapAll(ranges);
            if ((backing.Cost & MappingCost.Bounce) != 0)
                backing.Cost = backing.CostOfAll();

            // Where entries end at boundaries, their number is known only once the addresses are.
            if (limits is not null)
                backing.SetTable(ScatterGatherTable.Allocate(ScatterGatherCut.Count(AddressRun.Of(mapped), 0, limits), summary.TotalLength));
        }
        catch
        {
            backing.Release();
            throw;
        }

        if (limits is null)
            ScatterGatherFill.FromRanges(mapped, backing.Table.EntriesToFill);
        else
            ScatterGatherCut.Fill(AddressRun.Of(mapped), backing.Table.EntriesToFill, 0, limits);
        return backing;
    }

    /// <inheritdoc/>
    protected override void PassToCpu()
    {
        if (_direction == DmaDirection.ToDevice)
            return; // The device wrote nothing, and a copy of old bytes over those that another device wrote would lose them.
        foreach (DmaRange range in _mapped)
            _device.SynchronizeForCpu(range, _direction);
    }

    /// <inheritdoc/>
    protected override void PassToDevice()
    {
        // Also where the device only writes: what it does not overwrite comes back at unmap, and has to be what the CPU wrote.
        DmaDirection direction = _direction == DmaDirection.ToDevice ? DmaDirection.ToDevice : DmaDirection.Bidirectional;
        foreach (DmaRange range in _mapped)
            _device.SynchronizeForDevice(range, direction);
    }

    /// <inheritdoc/>
    protected override void Undo()
    {
        foreach (DmaRange range in _mapped.AsSpan(0, _mappedCount))
        {
#pragma warning disable CA1031 // A device that breaks its contract on one range must not keep the others mapped.
            try
            {
                _device.UnmapRange(range, _direction, _attributes);
            }
            catch (Exception exception)
            {
                NoteReleaseFault(exception);
            }
#pragma warning restore CA1031
        }
    }

    private void MapAll(ReadOnlySpan<PhysicalRange> ranges)
    {
        foreach (PhysicalRange range in ranges)
        {
            DmaAddress address = _device.MapRange(range, _direction, _attributes);
            // Counted before it is looked at: the device holds a mapping now, whatever its address is worth.
            _mapped[_mappedCount++] = new DmaRange(address, range.Length);
            if ((address.Value & (MemoryPage.Size - 1)) != 0 || address.Value + range.Length < address.Value)
                throw new DmaBufException(Errno.EFAULT, $"{_device.Name} mapped {range} at {address}: not page aligned or wrapping.");
        }
    }

    private MappingCost CostOfAll()
    {
        MappingCost cost = MappingCost.None;
        foreach (DmaRange range in _mapped)
            cost |= _device.CostOfMapping(range);
        return cost;
    }

    // Caches are never maintained for device memory, nor is it bounced; for all else the device's own bound is the best that is known before the map.
    private static MappingCost CostOn(IDmaDevice device, DmaAttributes attributes)
    {
        return attributes == DmaAttributes.Mmio ? device.RangeMappingCost & ~(MappingCost.CacheMaintenance | MappingCost.Bounce) : device.RangeMappingCost;
    }
}
