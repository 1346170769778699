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
    /// <returns>The address of the range's first byte as the device sees it.</returns>
    /// <exception cref="DmaBufException">ENOMEM: no address space; EFAULT: the device cannot reach the range.</exception>
    DmaAddress MapRange(PhysicalRange range, DmaDirection direction, DmaAttributes attributes);

    /// <summary>Takes back what <see cref="MapRange"/> gave, with the same address, length, direction and attributes. Never throws.</summary>
    void UnmapRange(DmaRange range, DmaDirection direction, DmaAttributes attributes);

    /// <summary>
    /// Reserves one contiguous block of I/O virtual addresses (<c>dma_iova_try_alloc</c>).
    /// </summary>
    /// <param name="length">The length in bytes; page aligned.</param>
    /// <returns>The block, owned by the caller until released, or null: this device has no IOMMU or no such block. Null is no error.</returns>
    IIovaReservation? TryReserveIova(ulong length);
}
