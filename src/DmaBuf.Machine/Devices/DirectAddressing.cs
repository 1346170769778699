namespace DmaBuf.Machine;

/// <summary>
/// A device without an IOMMU: its DMA addresses are physical addresses plus its bus's offset (<c>dma_range_map</c>), and only what was
/// mapped for it answers.
/// </summary>
/// <remarks>One lock over records, grants and each piece of a transfer, so that an unmap returns only when no access through it is under
/// way.</remarks>
internal sealed class DirectAddressing(DeviceIdentity device, ulong offset) : DeviceAddressing(device)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<MappingRecord, int> _records = [];
    private readonly GrantedRanges _granted = new();
    private int _live;

    public override ulong? DirectOffset => offset;

    public override MappingCost RangeMappingCost => MappingCost.None;

    public override int LiveMappingCount => Volatile.Read(ref _live);

    public override void Unmap(DmaRange range, DmaDirection direction, DmaAttributes attributes)
    {
        MappingRecord record = new(range, direction, attributes);
        lock (_lock)
        {
            if (_records.TryGetValue(record, out int count))
            {
                if (count == 1)
                {
                    _records.Remove(record);
                }
                else
                {
                    _records[record] = count - 1;
                }

                _live--;
                _granted.Withdraw(new Extent(range.Start.Value, range.Start.Value + range.Length), direction);
                return;
            }
        }

        Device.Faults.Record(Device.Name, range.Start, null, DmaFaultReason.UnmapMismatch);
    }

    public override IIovaReservation? TryReserve(ulong length) => null;

    public override int Transfer(DmaAddress address, DmaPayload payload)
    {
        lock (_lock)
        {
            if (!_granted.TryFind(address.Value, out GrantedRange granted))
            {
                throw Device.Faults.Stop(Device.Name, address, payload.Access, DmaFaultReason.NotMapped);
            }

            if (!granted.Permits(payload.Access))
            {
                throw Device.Faults.Stop(Device.Name, address, payload.Access, DmaFaultReason.Permission);
            }

            int count = (int)Math.Min(granted.Addresses.End - address.Value, (ulong)Math.Min(payload.Length, SoftwareIommuDomain.LargestPiece));
            payload.Move(Device.Memory, new PhysicalAddress(address.Value - offset), count);
            return count;
        }
    }

    protected override DmaAddress MapReachable(PhysicalRange range, DmaDirection direction, DmaAttributes attributes)
    {
        // The builder has checked that no region wraps with the offset.
        DmaAddress start = new(range.Start.Value + offset);
        if (start.Value + range.Length - 1 > Device.LastAddress.Value)
        {
            throw new DmaBufException(
                Errno.EFAULT,
                $"{range} cannot be mapped for {Device.Name}: its DMA address {start} lies beyond {Device.LastAddress}, the last that " +
                "the device can form, and no IOMMU translates. Use lower memory.");
        }

        MappingRecord record = new(new DmaRange(start, range.Length), direction, attributes);
        lock (_lock)
        {
            _records[record] = _records.GetValueOrDefault(record) + 1;
            _live++;
            _granted.Grant(new Extent(start.Value, start.Value + range.Length), direction);
        }

        return start;
    }
}
