namespace DmaBuf;

/// <summary>
/// Mode B: all ranges are linked one behind the other into one reserved block of I/O virtual addresses, so that the device sees one run.
/// </summary>
internal sealed class LinkedBacking : ScatterGatherBacking
{
    private readonly IDmaDevice _device;
    private readonly IIovaReservation _block;
    private readonly DmaDirection _direction;
    private readonly DmaAttributes _attributes;

    // 64 bits, like the offset: a buffer may exceed 4 GiB, and the kernel series loses the upper half.
    private ulong _linkedLength;

    private LinkedBacking(
        ScatterGatherTable table, MappingCost cost, IDmaDevice device, IIovaReservation block, DmaDirection direction, DmaAttributes attributes)
        : base(table, cost)
    {
        _device = device;
        _block = block;
        _direction = direction;
        _attributes = attributes;
    }

    /// <summary>Links the ranges into the block, which this method adopts: it is released even if the method throws.</summary>
    internal static LinkedBacking Map(
        IDmaDevice device, IIovaReservation block, ReadOnlySpan<PhysicalRange> ranges, ulong size, DmaDirection direction, DmaAttributes attributes, DmaSegmentLimits? limits)
    {
        ScatterGatherTable table;
        try
        {
            RequireBlock(device, block, size);
            table = ScatterGatherTable.Allocate(limits?.CountPieces(block.Start.Value, size) ?? ScatterGatherFill.CountPieces(size), size);
        }
        catch
        {
            block.Release(0, direction, attributes);
            throw;
        }

        var backing = new LinkedBacking(table, CostOn(device, attributes), device, block, direction, attributes);
        try
        {
            backing.LinkAll(ranges);
        }
        catch
        {
            backing.Release();
            throw;
        }

        if (limits is null)
            ScatterGatherFill.FromRun(block.Start, size, table.EntriesToFill);
        else
            ScatterGatherCut.Fill([new AddressRun(block.Start.Value, size)], table.EntriesToFill, 0, limits);
        return backing;
    }

    /// <inheritdoc/>
    protected override void PassToCpu()
    {
        if (_direction != DmaDirection.ToDevice)
            _device.SynchronizeForCpu(new DmaRange(_block.Start, _linkedLength), _direction);
    }

    /// <inheritdoc/>
    protected override void PassToDevice() => _device.SynchronizeForDevice(
        new DmaRange(_block.Start, _linkedLength), _direction == DmaDirection.ToDevice ? DmaDirection.ToDevice : DmaDirection.Bidirectional);

    /// <inheritdoc/>
    protected override void Undo() => _block.Release(_linkedLength, _direction, _attributes);

    private void LinkAll(ReadOnlySpan<PhysicalRange> ranges)
    {
        foreach (PhysicalRange range in ranges)
        {
            _block.Link(_linkedLength, range, _direction, _attributes);
            _linkedLength += range.Length;
        }

        _block.Synchronize(_linkedLength);
    }

    // Page-table entries were written for certain; caches are maintained for RAM only, on devices that need it.
    private static MappingCost CostOn(IDmaDevice device, DmaAttributes attributes)
    {
        MappingCost besides = attributes == DmaAttributes.Mmio ? MappingCost.Unknown : MappingCost.Unknown | MappingCost.CacheMaintenance;
        return MappingCost.IommuMap | (device.RangeMappingCost & besides);
    }

    private static void RequireBlock(IDmaDevice device, IIovaReservation block, ulong size)
    {
        ulong start = block.Start.Value;
        if (block.Length < size || start + size < start || (start & (MemoryPage.Size - 1)) != 0)
        {
            throw new DmaBufException(
                Errno.EFAULT, $"{device.Name} reserved [{block.Start}, +0x{block.Length:x}) for 0x{size:x} bytes: too short, wrapping or not page aligned.");
        }
    }
}
