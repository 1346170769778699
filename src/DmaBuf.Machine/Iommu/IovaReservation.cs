namespace DmaBuf.Machine;

/// <summary>
/// A block of I/O virtual addresses of one device. Links are kept aside until they are synchronised: a driver that forgets to sees its
/// device fault.
/// </summary>
/// <remarks>Owned by one mapping, called by one thread at a time.</remarks>
internal sealed class IovaReservation(IommuAddressing owner, DeviceIdentity device, SoftwareIommuDomain domain, DmaRange block) : IIovaReservation
{
    // Sorted by offset. Drivers link in ascending order, so that insertion is an append.
    private readonly List<LinkedRange> _links = [];
    private bool _released;

    public DmaAddress Start => block.Start;

    public ulong Length => block.Length;

    public void Link(ulong offset, PhysicalRange range, DmaDirection direction, DmaAttributes attributes)
    {
        RequireLive("linked");
        owner.RequireReachable(range, direction, attributes);
        if (!MachinePage.IsAligned(offset) || offset > block.Length || range.Length > block.Length - offset)
        {
            throw new DmaBufException(
                Errno.EINVAL,
                $"{range} cannot be linked at offset 0x{offset:x} of the block {block} of {device.Name}: it is outside of the " +
                $"block, or the offset is not a multiple of {MachinePage.Size}.");
        }

        LinkedRange link = new(offset, range, direction, attributes);
        int index = FirstEndingAfter(offset);
        if (index < _links.Count && _links[index].Offsets.Overlaps(link.Offsets))
        {
            throw new DmaBufException(
                Errno.EINVAL,
                $"{range} cannot be linked at offset 0x{offset:x} of the block {block} of {device.Name}: something is linked there. " +
                "Link each range at the sum of the lengths before it.");
        }

        _links.Insert(index, link);
    }

    public void Synchronize(ulong length)
    {
        RequireLive("synchronised");
        if (length > block.Length || !MachinePage.IsAligned(length))
        {
            throw new DmaBufException(
                Errno.EINVAL,
                $"0x{length:x} bytes of the block {block} of {device.Name} cannot be synchronised: more than the block has, or not " +
                $"a multiple of {MachinePage.Size}.");
        }

        foreach (LinkedRange link in _links)
        {
            if (link.Offsets.Start >= length)
            {
                return;
            }

            Extent part = new(link.VisibleEnd, Math.Min(link.Offsets.End, length));
            if (part.Start < part.End)
            {
                domain.Map(new DmaAddress(block.Start.Value + part.Start), link.PartOf(part), link.Direction, link.Attributes);
                link.VisibleEnd = part.End;
            }
        }
    }

    public void Release(ulong linkedLength, DmaDirection direction, DmaAttributes attributes)
    {
        if (_released)
        {
            device.Faults.Record(device.Name, block.Start, null, DmaFaultReason.UnmapMismatch);
            return;
        }

        _released = true;
        ulong linked = _links.Count == 0 ? 0 : _links[^1].Offsets.End;
        if (linked != linkedLength || _links.Exists(link => link.Direction != direction || link.Attributes != attributes))
        {
            device.Faults.Record(device.Name, block.Start, null, DmaFaultReason.UnmapMismatch);
        }

        // The whole block goes, whatever the caller claimed: a wrong length is on record, and must not leave translations to the next owner.
        owner.GiveBack(block);
    }

    private void RequireLive(string verb)
    {
        if (_released)
        {
            throw new DmaBufException(
                Errno.EINVAL,
                $"The block {block} of {device.Name} cannot be {verb}: it was released. Reserve a new one.");
        }
    }

    private int FirstEndingAfter(ulong offset)
    {
        int index = _links.Count;
        while (index > 0 && _links[index - 1].Offsets.End > offset)
        {
            index--;
        }

        return index;
    }
}
