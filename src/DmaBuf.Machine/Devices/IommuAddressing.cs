namespace DmaBuf.Machine;

/// <summary>
/// A device behind an IOMMU. The DMA interface takes addresses from the device's own allocator and maps them in its own domain; behind
/// each run one page stays unmapped, so that a transfer that runs past its mapping faults and does not reach the next one.
/// </summary>
/// <remarks>
/// The lock guards the records and whose domain the device is in; it is left before a domain or the allocator is called. Unmapping removes
/// the translation before the addresses become free.
/// </remarks>
internal sealed class IommuAddressing : DeviceAddressing
{
    private readonly Lock _lock = new();
    private readonly HashSet<MappingRecord> _records = [];
    private readonly SoftwareIommu _iommu;
    private readonly SoftwareIommuDomain _own;
    private readonly IovaAllocator _addresses;
    private SoftwareIommuDomain _current;
    private int _live;

    public IommuAddressing(DeviceIdentity device, SoftwareIommu iommu)
        : base(device)
    {
        _iommu = iommu;
        _own = iommu.CreateDomain(device.Name);
        _addresses = new IovaAllocator(iommu.Aperture);
        _current = _own;
    }

    public override SoftwareIommu? Iommu => _iommu;

    public override MappingCost RangeMappingCost => MappingCost.IommuMap;

    public override int LiveMappingCount => Volatile.Read(ref _live);

    public override void Unmap(DmaRange range, DmaDirection direction, DmaAttributes attributes)
    {
        bool found;
        lock (_lock)
        {
            found = _records.Remove(new MappingRecord(range, direction, attributes));
        }

        if (!found)
        {
            Device.Faults.Record(Device.Name, range.Start, null, DmaFaultReason.UnmapMismatch);
            return;
        }

        GiveBack(range);
    }

    public override IIovaReservation? TryReserve(ulong length)
    {
        if (!MachinePage.AreWhole(0, length))
        {
            throw new DmaBufException(
                Errno.EINVAL,
                $"0x{length:x} bytes of I/O virtual addresses cannot be reserved for {Device.Name}: not a multiple of " +
                $"{MachinePage.Size}, or zero.");
        }

        if (!TryEnter())
        {
            return null;
        }

        if (TryTake(length) is DmaRange range)
        {
            return new IovaReservation(this, Device, _own, range);
        }

        Leave();
        return null;
    }

    public override bool IsUsableUpTo(DmaAddress last) =>
        Math.Max(_iommu.Aperture.Start.Value, MachinePage.Size) + (2 * MachinePage.Size) - 1 <= last.Value;

    public override int Transfer(DmaAddress address, DmaPayload payload) => Volatile.Read(ref _current).Transfer(Device.Name, address, payload);

    /// <summary>Puts the device in a domain that somebody else fills.</summary>
    /// <exception cref="DmaBufException">EINVAL: another IOMMU's domain; EBUSY: mappings live, or it is in such a domain.</exception>
    public void Attach(SoftwareIommuDomain domain)
    {
        if (domain.Iommu != _iommu)
        {
            throw new DmaBufException(
                Errno.EINVAL,
                $"{Device.Name} cannot enter domain {domain.Name}: it is a domain of {domain.Iommu.Name}, the device is behind " +
                $"{_iommu.Name}.");
        }

        lock (_lock)
        {
            if (_live != 0 || _current != _own)
            {
                throw new DmaBufException(
                    Errno.EBUSY,
                    $"{Device.Name} cannot enter domain {domain.Name}: it is in domain {_current.Name} with {_live} live mappings. " +
                    "Unmap them, or detach the device, first.");
            }

            Volatile.Write(ref _current, domain);
        }
    }

    /// <summary>Puts the device back in its own domain.</summary>
    public void Detach()
    {
        lock (_lock)
        {
            Volatile.Write(ref _current, _own);
        }
    }

    /// <summary>Ends a mapping or a reservation: translations first, addresses second.</summary>
    public void GiveBack(DmaRange range)
    {
        _own.Unmap(range);
        _addresses.Free(range with { Length = range.Length + MachinePage.Size });
        Leave();
    }

    protected override DmaAddress MapReachable(PhysicalRange range, DmaDirection direction, DmaAttributes attributes)
    {
        if (!TryEnter())
        {
            throw new DmaBufException(
                Errno.EBUSY,
                $"{range} cannot be mapped for {Device.Name}: the device is in a domain that somebody else fills. Map in that " +
                "domain, or detach the device.");
        }

        if (TryTake(range.Length) is not DmaRange addresses)
        {
            Leave();
            throw new DmaBufException(
                Errno.ENOMEM,
                $"{range} cannot be mapped for {Device.Name}: no such run of I/O virtual addresses is free at or below " +
                $"{Device.LastAddress}. Unmap something.");
        }

        _own.Map(addresses.Start, range, direction, attributes);
        lock (_lock)
        {
            _records.Add(new MappingRecord(addresses, direction, attributes));
        }

        return addresses.Start;
    }

    /// <summary>Aligned so that large pages fit if the memory allows; anywhere if no such run is free.</summary>
    private DmaRange? TryTake(ulong length)
    {
        if (length > ulong.MaxValue - MachinePage.Size)
        {
            return null;
        }

        ulong wanted = IoPageTable.LargestLeafIn(length, MachinePage.Size);
        ulong withGuard = length + MachinePage.Size;
        return _addresses.TryAllocate(withGuard, wanted, Device.LastAddress, out DmaRange range)
            || (wanted != MachinePage.Size && _addresses.TryAllocate(withGuard, MachinePage.Size, Device.LastAddress, out range))
                ? range with { Length = length }
                : null;
    }

    private bool TryEnter()
    {
        lock (_lock)
        {
            if (_current != _own)
            {
                return false;
            }

            _live++;
            return true;
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            _live--;
        }
    }
}
