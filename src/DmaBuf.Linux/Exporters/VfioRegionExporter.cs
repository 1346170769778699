using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

/// <summary>
/// Exports parts of a VFIO device's BAR as a buffer. Offers, in order: <b>Descriptor</b>, a DMA-buf of the kernel for peers; and <b>Cpu</b> if the BAR is prefetchable memory and the
/// buffer is one range of it.
/// </summary>
/// <remarks>
/// Theory: the memory goes away whenever its device is reset or its memory space is switched off, so every importer must be able to let go or be cut off
/// (a bare descriptor is refused). The device (<see cref="VfioDevice"/>) revokes the buffer before it changes, and gives it back after. CPU mappings that have not ended by then are overlaid with
/// zero pages, so that nobody faults; registers, which want accesses of their own width, are for <see cref="VfioRegion"/> and not offered here. Safe for all threads.
/// </remarks>
public sealed class VfioRegionExporter : DmaBufferExporter, ICpuOperations, IDescriptorOperations
{
    /// <summary>The kernel's name for the exporter of these DMA-bufs.</summary>
    public const string KernelName = "vfio_pci_core";

    private readonly VfioRegion _region;
    private readonly VfioRegionRange[] _ranges;
    private readonly KernelBuffer _kernelBuffer;

    private VfioRegionExporter(VfioRegion region, VfioRegionRange[] ranges, KernelBuffer kernelBuffer)
        : base(KernelName)
    {
        _region = region;
        _ranges = ranges;
        _kernelBuffer = kernelBuffer;
        DescriptorFacts facts = new()
        {
            Kind = DescriptorKind.DmaBuf,
            Memory = DescriptorMemory.Mmio,
            ExporterName = KernelName,
            PinnableByAddress = false,
            SizeGranularity = (ulong)Environment.SystemPageSize,
        };
        MappingOffer asDescriptor = DescriptorMappingType.Offer(this, facts);
        bool isMemory = region.CanMap && region.Device.Pci.Bars.Any(bar => bar.Index == region.Index && bar is { IsMemory: true, IsPrefetchable: true });
        MappingOfferList offers = isMemory && ranges.Length == 1 ? [asDescriptor, CpuMappingType.Offer(this, CpuAccess.ReadWrite, CpuCoherency.Coherent)] : [asDescriptor];
        Offers = OfferSource.Computed(_ => offers);
    }

    /// <inheritdoc/>
    protected override OfferSource Offers { get; }

    /// <inheritdoc/>
    protected override bool RequiresRevocation => true;

    /// <summary>Exports parts of a BAR.</summary>
    /// <param name="region">A BAR of an open device, which stays the caller's; closing it ends the buffer for good.</param>
    /// <param name="ranges">The parts, in the order of the buffer's bytes.</param>
    /// <param name="options">Name, reservation, registry; null for the defaults.</param>
    /// <returns>The buffer; revoked from the start if the device's memory is off.</returns>
    /// <exception cref="DmaBufException">As <see cref="VfioDevice.Export"/>; else as <see cref="DmaBuffer.Export"/>.</exception>
    public static DmaBuffer Export(VfioRegion region, ReadOnlySpan<VfioRegionRange> ranges, DmaBufferExportOptions? options = null)
    {
        LinuxOnly.Ensure();
        ArgumentNullException.ThrowIfNull(region);
        VfioDevice device = region.Device;
        VfioRegionRange[] parts = ranges.ToArray();
        KernelBuffer kernelBuffer = device.Export(region.Index, parts);
        try
        {
            return device.Publish(() => DmaBuffer.Export(new VfioRegionExporter(region, parts, kernelBuffer), kernelBuffer.Length, options));
        }
        catch
        {
            kernelBuffer.Dispose();
            throw;
        }
    }

    /// <summary>True: the pages of a CPU mapping are replaced in place.</summary>
    public bool CanOverlay => true;

    /// <inheritdoc/>
    public CpuMemory MapCpu(CpuAttachment attachment, CpuAccess access, in ReservationLock held)
    {
        VfioRegionRange only = _ranges[0];
        return new RegionCpuMemory(_region.MapPages(only.Offset, only.Length), only.Length);
    }

    /// <inheritdoc/>
    public SafeHandle OpenDescriptor(DescriptorAttachment attachment, in ReservationLock held) => _kernelBuffer.DuplicateDescriptor();

    /// <inheritdoc/>
    protected override void OnRelease(DmaBuffer buffer)
    {
        _region.Device.Forget(buffer);
        _kernelBuffer.Dispose();
    }
}
