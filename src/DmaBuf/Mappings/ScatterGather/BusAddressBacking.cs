namespace DmaBuf;

/// <summary>Mode A: the peer is reached below one switch by PCI bus addresses. Nothing is mapped; the device is told, so that one that can stop later accesses does.</summary>
internal sealed class BusAddressBacking : ScatterGatherBacking
{
    private readonly IDmaDevice _device;
    private readonly DmaDirection _direction;

    private BusAddressBacking(IDmaDevice device, ScatterGatherTable table, DmaDirection direction)
        : base(table, MappingCost.None)
    {
        _device = device;
        _direction = direction;
    }

    /// <summary>Writes the table: each physical address plus the provider's bus offset, modulo 2^64.</summary>
    /// <param name="device">The importing device.</param>
    /// <param name="provider">The BAR.</param>
    /// <param name="ranges">Sound.</param>
    /// <param name="summary">Theirs.</param>
    /// <param name="direction">Which accesses the device may make.</param>
    /// <param name="limits">The device's; null: none.</param>
    /// <exception cref="DmaBufException">EINVAL: the offset is not page aligned; EOVERFLOW: a range wraps in bus space; ENOMEM; or what the device answered.</exception>
    internal static BusAddressBacking Create(
        IDmaDevice device,
        PeerToPeerProvider provider,
        ReadOnlySpan<PhysicalRange> ranges,
        in PhysicalRangeSummary summary,
        DmaDirection direction,
        DmaSegmentLimits? limits)
    {
        if ((provider.BusOffset & (MemoryPage.Size - 1)) != 0)
        {
            throw new DmaBufException(
                Errno.EINVAL, $"The bus offset 0x{provider.BusOffset:x} of {provider.Device.Address} is not a multiple of 0x{MemoryPage.Size:x}.");
        }

        ulong count = limits is null
            ? ScatterGatherFill.CountEntries(ranges, summary)
            : ScatterGatherCut.Count(AddressRun.Of(ranges), provider.BusOffset, limits);
        var table = ScatterGatherTable.Allocate(count, summary.TotalLength);
        ulong addressBits = ulong.MaxValue;
        if (limits is null)
            addressBits = ScatterGatherFill.FromRanges(ranges, table.EntriesToFill, provider.BusOffset);
        else
            ScatterGatherCut.Fill(AddressRun.Of(ranges), table.EntriesToFill, provider.BusOffset, limits);
        if (addressBits > long.MaxValue && FindWrap(ranges, provider.BusOffset) is { } wrapped)
        {
            table.Release();
            throw new DmaBufException(
                Errno.EOVERFLOW, $"{wrapped} moved by the bus offset 0x{provider.BusOffset:x} of {provider.Device.Address} wraps 64 bits.");
        }

        try
        {
            device.GrantBusAddresses(table.Entries, direction);
        }
        catch
        {
            table.Release();
            throw;
        }

        return new BusAddressBacking(device, table, direction);
    }

    /// <inheritdoc/>
    protected override void Undo() => _device.WithdrawBusAddresses(Table.Entries, _direction);

    // The sum start + offset may wrap, that is how a negative offset is written; the range from there on may not.
    private static PhysicalRange? FindWrap(ReadOnlySpan<PhysicalRange> ranges, ulong offset)
    {
        foreach (PhysicalRange range in ranges)
        {
            ulong start = range.Start.Value + offset;
            if (start + range.Length < start)
                return range;
        }

        return null;
    }
}
