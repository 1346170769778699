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

    // Caches are never maintained for device memory; for all else the device's own bound is the best that is known.
    private static MappingCost CostOn(IDmaDevice device, DmaAttributes attributes)
    {
        return attributes == DmaAttributes.Mmio ? device.RangeMappingCost & ~MappingCost.CacheMaintenance : device.RangeMappingCost;
    }
}
