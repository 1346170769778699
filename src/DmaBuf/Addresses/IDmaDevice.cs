namespace DmaBuf;

/// <summary>
/// A device that moves bytes by DMA, with the kernel's DMA API as far as importers need it (<c>struct device</c> together with
/// <c>dma_map_phys</c> and <c>dma_iova_*</c>). Implemented by software machines and by real user-space drivers.
/// </summary>
/// <remarks>
/// Implementations are safe for calls from several threads. Teardown members (<see cref="UnmapRange"/>, <see cref="IIovaReservation.Release"/>)
/// never throw.
/// </remarks>
public interface IDmaDevice
{
    /// <summary>The device's name as diagnostics print it, for example <c>0000:03:00.0</c>.</summary>
    string Name { get; }

    /// <summary>The device itself or its nearest PCI ancestor; null if it has none (platform and virtual devices).</summary>
    IPciDevice? PciDevice { get; }

    /// <summary>An upper bound of what mapping a range costs on this device, for example <see cref="MappingCost.IommuMap"/> behind an IOMMU.</summary>
    MappingCost RangeMappingCost { get; }

    /// <summary>
    /// What one entry of a table may look like for this device (<c>dma_get_max_seg_size</c>, <c>dma_get_seg_boundary</c>). Fixed while the device has mappings; never
    /// null.
    /// </summary>
    DmaSegmentLimits SegmentLimits => DmaSegmentLimits.None;

    /// <summary>Maps one physical range for this device (<c>dma_map_phys</c>).</summary>
    /// <param name="range">The range; page aligned, not empty.</param>
    /// <param name="direction">Which accesses the device may make.</param>
    /// <param name="attributes">RAM or MMIO.</param>
    /// <returns>The address of the range's first byte as the device sees it; of its bounce buffer, if it has to have one.</returns>
    /// <exception cref="DmaBufException">ENOMEM: no address space, or no bounce buffer; EFAULT: the device cannot reach the range.</exception>
    DmaAddress MapRange(PhysicalRange range, DmaDirection direction, DmaAttributes attributes);

    /// <summary>
    /// What mapping a range did cost. Asked after the map, and only where <see cref="RangeMappingCost"/> has <see cref="MappingCost.Bounce"/>, because that is a
    /// question of where the range lies (<c>dma_need_sync</c>).
    /// </summary>
    /// <param name="mapped">What <see cref="MapRange"/> gave, with the length that was mapped.</param>
    /// <returns>Part of <see cref="RangeMappingCost"/>; all of it unless the device knows better.</returns>
    MappingCost CostOfMapping(DmaRange mapped) => RangeMappingCost;

    /// <summary>
    /// Passes mapped memory to the CPU (<c>dma_sync_single_for_cpu</c>): what the device wrote becomes what the CPU reads. A device that is coherent and bounces
    /// nothing has nothing to do.
    /// </summary>
    /// <param name="range">A mapping, or a part of one.</param>
    /// <param name="direction">As mapped; <see cref="DmaDirection.ToDevice"/> moves nothing.</param>
    /// <exception cref="DmaBufException">EIO: the device's writes cannot be had; the CPU must not look.</exception>
    void SynchronizeForCpu(DmaRange range, DmaDirection direction)
    {
    }

    /// <summary>
    /// Passes mapped memory to the device (<c>dma_sync_single_for_device</c>): what the CPU wrote becomes what the device reads. Never throws.
    /// </summary>
    /// <param name="range">A mapping, or a part of one.</param>
    /// <param name="direction">As mapped, or bidirectional to keep what the CPU wrote from being overwritten at unmap; <see cref="DmaDirection.FromDevice"/> moves
    /// nothing.</param>
    void SynchronizeForDevice(DmaRange range, DmaDirection direction)
    {
    }

    /// <summary>Takes back what <see cref="MapRange"/> gave, with the same address, length, direction and attributes. Never throws.</summary>
    void UnmapRange(DmaRange range, DmaDirection direction, DmaAttributes attributes);

    /// <summary>
    /// Tells the device of a peer's bus addresses that it may use from now on: below one switch they are reached without a mapping, so real hardware has nothing to do, and neither has the default. A device
    /// that wants to stop accesses after an unmap counts grants. Called before the importer sees the table.
    /// </summary>
    /// <param name="entries">The table's entries, in the order of the buffer's bytes. Not to be kept.</param>
    /// <param name="direction">Which accesses the device may make.</param>
    /// <exception cref="DmaBufException">ENOMEM and others: the map fails with it; nothing was granted.</exception>
    void GrantBusAddresses(ReadOnlySpan<ScatterGatherEntry> entries, DmaDirection direction)
    {
    }

    /// <summary>
    /// Takes back what <see cref="GrantBusAddresses"/> gave, with the same entries and direction. When it returns, no access through them is under way. Never throws.
    /// </summary>
    void WithdrawBusAddresses(ReadOnlySpan<ScatterGatherEntry> entries, DmaDirection direction)
    {
    }

    /// <summary>
    /// Reserves one contiguous block of I/O virtual addresses (<c>dma_iova_try_alloc</c>).
    /// </summary>
    /// <param name="length">The length in bytes; page aligned.</param>
    /// <returns>The block, owned by the caller until released, or null: this device has no IOMMU or no such block. Null is no error.</returns>
    IIovaReservation? TryReserveIova(ulong length);
}
