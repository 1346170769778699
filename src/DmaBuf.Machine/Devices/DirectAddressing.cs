namespace DmaBuf.Machine;

/// <summary>
/// A device without an IOMMU: its DMA addresses are physical addresses plus its bus's offset (<c>dma_range_map</c>), and only what was
/// mapped for it answers. What lies beyond the last address that it can form is bounced, if the machine has a pool.
/// </summary>
/// <remarks>One lock over records, grants and each piece of a transfer, so that an unmap returns only when no access through it is under
/// way.</remarks>
internal sealed class DirectAddressing(DeviceIdentity device, ulong offset, BouncePool? pool) : DeviceAddressing(device)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<MappingRecord, int> _records = [];
    private readonly GrantedRanges _granted = new();
    private readonly BounceSlots _slots = new(device, pool, offset);
    private int _live;

    public override ulong? DirectOffset => offset;

    /// <summary>An upper bound: bounced is only what lies too high.</summary>
    public override MappingCost RangeMappingCost =>
        Device.Memory.LastRam.Value + offset > Device.LastAddress.Value && _slots.CanBounce ? MappingCost.Bounce : MappingCost.None;

    public override int LiveMappingCount => Volatile.Read(ref _live);

    public override void Unmap(DmaRange range, DmaDirection direction, DmaAttributes attributes)
    {
        if (!TryForget(new MappingRecord(range, direction, attributes), out BounceSlot? slot))
        {
            Device.Faults.Record(Device.Name, range.Start, null, DmaFaultReason.UnmapMismatch);
        }
        else if (slot is { } bounced)
        {
            // The device cannot reach it any more, and nobody else can yet.
            _slots.GiveBack(bounced, direction);
        }
    }

    public override MappingCost CostOf(DmaRange mapped)
    {
        lock (_lock)
        {
            return _slots.TryFind(mapped.Start, out _, out _) ? MappingCost.Bounce : MappingCost.None;
        }
    }

    public override void SynchronizeForCpu(DmaRange range, DmaDirection direction)
    {
        lock (_lock)
        {
            if (FindSlotLocked(range, out BounceSlot slot, out ulong distance) && direction.Permits(DmaAccess.Write))
            {
                slot.Drain(Device.Memory, distance, range.Length);
            }
        }
    }

    public override void SynchronizeForDevice(DmaRange range, DmaDirection direction)
    {
        lock (_lock)
        {
            if (FindSlotLocked(range, out BounceSlot slot, out ulong distance) && direction.Permits(DmaAccess.Read))
            {
                slot.Fill(Device.Memory, distance, range.Length);
            }
        }
    }

    public override bool IsUsableUpTo(DmaAddress last) =>
        (pool?.Range.Start ?? Device.Memory.FirstRam).Value + offset + ((pool?.Range.Length ?? MachinePage.Size) - 1) <= last.Value;

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
            return attributes == DmaAttributes.Mmio ? throw Unbounceable(range, start) : MapBounced(range, direction, attributes);
        }

        lock (_lock)
        {
            RecordLocked(new MappingRecord(new DmaRange(start, range.Length), direction, attributes));
        }

        return start;
    }

    private DmaAddress MapBounced(PhysicalRange range, DmaDirection direction, DmaAttributes attributes)
    {
        BounceSlot slot = _slots.Take(range);
        DmaAddress start = _slots.AddressOf(slot);
        lock (_lock)
        {
            _slots.Add(slot);
            RecordLocked(new MappingRecord(new DmaRange(start, range.Length), direction, attributes));
        }

        return start;
    }

    private void RecordLocked(MappingRecord record)
    {
        _records[record] = _records.GetValueOrDefault(record) + 1;
        _live++;
        _granted.Grant(new Extent(record.Range.Start.Value, record.Range.Start.Value + record.Range.Length), record.Direction);
    }

    private bool TryForget(MappingRecord record, out BounceSlot? slot)
    {
        lock (_lock)
        {
            slot = null;
            if (!_records.TryGetValue(record, out int count))
            {
                return false;
            }

            if (count == 1)
            {
                _records.Remove(record);
            }
            else
            {
                _records[record] = count - 1;
            }

            _live--;
            _granted.Withdraw(new Extent(record.Range.Start.Value, record.Range.Start.Value + record.Range.Length), record.Direction);
            slot = _slots.Remove(record.Range.Start);
            return true;
        }
    }

    // False without a fault: mapped, but not bounced, so that device and CPU see the same bytes.
    private bool FindSlotLocked(DmaRange range, out BounceSlot slot, out ulong distance)
    {
        if (_slots.TryFind(range.Start, out slot, out distance) && range.Length <= slot.Slot.Length - distance)
        {
            return true;
        }

        // A slot before the address that ends before it says nothing of the address.
        if (distance < slot.Slot.Length || !_granted.TryFind(range.Start.Value, out _))
        {
            Device.Faults.Record(Device.Name, range.Start, null, DmaFaultReason.SynchronizeMismatch);
        }

        return false;
    }

    private DmaBufException Unbounceable(PhysicalRange range, DmaAddress start) => new(
        Errno.EFAULT,
        $"{range} cannot be mapped for {Device.Name}: its DMA address {start} lies beyond {Device.LastAddress}, the last that the device can form, no IOMMU " +
        "translates, and a BAR cannot be bounced: its reads and writes are not memory's. Use a device that reaches it.");
}
