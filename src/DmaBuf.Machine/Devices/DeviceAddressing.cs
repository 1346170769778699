namespace DmaBuf.Machine;

/// <summary>
/// How one device's DMA addresses come to be and where they lead: translated by an IOMMU, or direct with an offset. One strategy a device,
/// chosen when the machine is built.
/// </summary>
internal abstract class DeviceAddressing(DeviceIdentity device)
{
    protected DeviceIdentity Device => device;

    /// <summary>What translates; null: nothing does.</summary>
    public virtual SoftwareIommu? Iommu => null;

    /// <summary>DMA address minus physical address where nothing translates; else null.</summary>
    public virtual ulong? DirectOffset => null;

    public abstract MappingCost RangeMappingCost { get; }

    /// <summary>Mappings and reservations that have not been given back.</summary>
    public abstract int LiveMappingCount { get; }

    /// <inheritdoc cref="IDmaDevice.MapRange"/>
    public DmaAddress Map(PhysicalRange range, DmaDirection direction, DmaAttributes attributes)
    {
        RequireReachable(range, direction, attributes);
        return MapReachable(range, direction, attributes);
    }

    /// <inheritdoc cref="IDmaDevice.UnmapRange"/>
    public abstract void Unmap(DmaRange range, DmaDirection direction, DmaAttributes attributes);

    /// <inheritdoc cref="IDmaDevice.CostOfMapping"/>
    public virtual MappingCost CostOf(DmaRange mapped) => RangeMappingCost;

    /// <inheritdoc cref="IDmaDevice.SynchronizeForCpu"/>
    public virtual void SynchronizeForCpu(DmaRange range, DmaDirection direction)
    {
        // Coherent and where the CPU looks: nothing to do.
    }

    /// <inheritdoc cref="IDmaDevice.SynchronizeForDevice"/>
    public virtual void SynchronizeForDevice(DmaRange range, DmaDirection direction)
    {
        // The same.
    }

    /// <summary>Whether anything at all could be mapped if no address may be higher.</summary>
    public abstract bool IsUsableUpTo(DmaAddress last);

    /// <inheritdoc cref="IDmaDevice.TryReserveIova"/>
    public abstract IIovaReservation? TryReserve(ulong length);

    /// <summary>Moves the first piece of a transfer and tells its length, at least one byte.</summary>
    /// <exception cref="DmaBufException">EFAULT: it faulted, which is in the log.</exception>
    public abstract int Transfer(DmaAddress address, DmaPayload payload);

    /// <summary>Refuses arguments that no mapping can have, and memory that is not there or is of the other kind.</summary>
    /// <exception cref="DmaBufException">EINVAL, EFAULT.</exception>
    public void RequireReachable(PhysicalRange range, DmaDirection direction, DmaAttributes attributes)
    {
        DmaPermission.Require(range, direction, attributes);
        if (device.Memory.KindOf(range) is not PhysicalMemoryKind kind)
        {
            throw new DmaBufException(
                Errno.EFAULT,
                $"{range} cannot be mapped for {device.Name}: it is not wholly RAM or wholly a BAR. Use physical addresses, and map " +
                "RAM and BARs one by one.");
        }

        if (!attributes.Suits(kind))
        {
            throw new DmaBufException(
                Errno.EINVAL,
                $"{range} cannot be mapped for {device.Name} with attributes {attributes}: it is {kind}. Map BARs with " +
                $"{DmaAttributes.Mmio} and RAM with {DmaAttributes.None}.");
        }
    }

    protected abstract DmaAddress MapReachable(PhysicalRange range, DmaDirection direction, DmaAttributes attributes);
}
