namespace DmaBuf.Machine;

/// <summary>
/// One device's bounced mappings, by the DMA address of their slots. The bytes go to the slot at map, whatever the direction, so that what the device does not
/// overwrite comes back as it was; they come back at unmap if the device may have written.
/// </summary>
/// <remarks>Not thread-safe but for <see cref="Take"/> and <see cref="GiveBack"/>: the device's addressing locks. The pool is never called under that lock.</remarks>
internal sealed class BounceSlots(DeviceIdentity device, BouncePool? pool, ulong offset)
{
    private readonly SortedList<ulong, BounceSlot> _slots = [];

    /// <summary>True if the device reaches at least one page of the pool.</summary>
    public bool CanBounce => CanBounceUpTo(device.LastAddress);

    /// <summary>Takes a slot and fills it.</summary>
    /// <exception cref="DmaBufException">EFAULT: there is no pool in reach; ENOMEM: it has no such run.</exception>
    public BounceSlot Take(PhysicalRange range)
    {
        // Read once: the driver may set another mask meanwhile.
        DmaAddress last = device.LastAddress;
        if (!CanBounceUpTo(last))
        {
            throw new DmaBufException(
                Errno.EFAULT,
                $"{range} cannot be mapped for {device.Name}: its DMA address would lie beyond {last}, the last that the device can form; no IOMMU " +
                $"translates, and {(pool is null ? "the machine has no bounce pool" : $"the bounce pool {pool.Range} lies beyond it, too")}. Use lower memory, or " +
                "build the machine with a bounce pool that the device reaches.");
        }

        if (pool!.TryTake(range.Length, last.Value - offset) is not { } run)
        {
            throw new DmaBufException(
                Errno.ENOMEM,
                $"{range} cannot be bounced for {device.Name}: the bounce pool has no free run of 0x{range.Length:x} bytes at or below the device's last address " +
                $"{last}; 0x{pool.UsedBytes:x} of its 0x{pool.Range.Length:x} bytes are held. Unmap something, map shorter ranges or lower memory, or " +
                "build the machine with a larger pool.");
        }

        BounceSlot slot = new(range, run);
        slot.Fill(device.Memory, 0, range.Length);
        return slot;
    }

    private bool CanBounceUpTo(DmaAddress last) => pool is not null && pool.Range.Start.Value + offset + (MachinePage.Size - 1) <= last.Value;

    /// <summary>Empties a slot that the device does not reach any more, and gives it to the pool.</summary>
    public void GiveBack(BounceSlot slot, DmaDirection direction)
    {
        if (direction.Permits(DmaAccess.Write))
        {
            slot.Drain(device.Memory, 0, slot.Slot.Length);
        }

        pool!.Give(slot.Slot);
    }

    /// <summary>The device's address of a slot.</summary>
    public DmaAddress AddressOf(BounceSlot slot) => new(slot.Slot.Start.Value + offset);

    public void Add(BounceSlot slot) => _slots.Add(AddressOf(slot).Value, slot);

    /// <summary>Forgets the slot that begins at an address, if there is one.</summary>
    public BounceSlot? Remove(DmaAddress address) => _slots.Remove(address.Value, out BounceSlot slot) ? slot : null;

    /// <summary>Finds the slot that an address lies in, and how far from its beginning.</summary>
    public bool TryFind(DmaAddress address, out BounceSlot slot, out ulong distance)
    {
        int low = 0;
        int high = _slots.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_slots.GetKeyAtIndex(middle) <= address.Value)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        slot = low == 0 ? default : _slots.GetValueAtIndex(low - 1);
        distance = low == 0 ? 0 : address.Value - _slots.GetKeyAtIndex(low - 1);
        return distance < slot.Slot.Length;
    }
}
