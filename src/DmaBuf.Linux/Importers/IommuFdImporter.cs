using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

/// <summary>
/// Maps buffers for the devices of an iommufd address space, by descriptor (<c>IOMMU_IOAS_MAP_FILE</c>). Wants a memory file, or the BAR of a VFIO device; DMA-bufs of other exporters are declined,
/// before the kernel says EOPNOTSUPP.
/// </summary>
/// <remarks>
/// The import runs inside attach and can be taken away under the device. Of a BAR the kernel takes it away by itself, too, when its device loses its memory. Safe for all threads.
/// </remarks>
public sealed class IommuFdImporter : DmaBufferImporter
{
    private readonly IommuFdAddressSpace _space;

    /// <summary>Makes an importer.</summary>
    /// <param name="space">Stays the caller's, and lives longer than what is attached.</param>
    /// <param name="name">The name that dumps and failures show.</param>
    public IommuFdImporter(IommuFdAddressSpace space, string name = "iommufd")
        : base(name)
    {
        ArgumentNullException.ThrowIfNull(space);
        _space = space;
    }

    /// <summary>What this importer asks for: a BAR's DMA-buf, or else a memory file.</summary>
    /// <param name="direction">What the devices will do.</param>
    /// <param name="at">Where they shall find the buffer; null: the kernel chooses.</param>
    public MappingRequestList Requests(DmaDirection direction = DmaDirection.Bidirectional, DmaAddress? at = null)
    {
        FileImport import = new(_space, direction, at);
        CpuAccess access = direction == DmaDirection.ToDevice ? CpuAccess.Read : CpuAccess.ReadWrite;
        ulong page = (ulong)Environment.SystemPageSize;
        return
        [
            DescriptorMappingType.RequestImport(
                new DescriptorNeeds { Kinds = DescriptorKind.DmaBuf, ExporterName = VfioRegionExporter.KernelName, SizeGranularity = page, Access = access }, import),
            DescriptorMappingType.RequestImport(
                new DescriptorNeeds { Kinds = DescriptorKind.MemoryFile | DescriptorKind.HugeMemoryFile, SizeGranularity = page, Access = access }, import),
        ];
    }

    /// <summary>Asks for any descriptor at all, to hear what the kernel says by itself to memory that it is known to refuse.</summary>
    /// <param name="direction">What the devices will do.</param>
    /// <param name="at">Where they shall find the buffer; null: the kernel chooses.</param>
    public MappingRequest<DescriptorAttachment> RequestAny(DmaDirection direction = DmaDirection.Bidirectional, DmaAddress? at = null) =>
        DescriptorMappingType.RequestImport(null, new FileImport(_space, direction, at));

    /// <summary>Attaches and maps.</summary>
    /// <param name="buffer">The buffer.</param>
    /// <param name="direction">What the devices will do.</param>
    /// <param name="at">Where they shall find it; null: where there is room.</param>
    /// <returns>The attachment; <see cref="ImportedDmaRange.Of"/> tells the address. Detach unmaps.</returns>
    /// <exception cref="NegotiationFailedException">The exporter offers nothing that fits.</exception>
    /// <exception cref="DmaBufException">The kernel's errno: EEXIST, ENODEV, ENOMEM and others.</exception>
    public DescriptorAttachment Attach(DmaBuffer buffer, DmaDirection direction = DmaDirection.Bidirectional, DmaAddress? at = null)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        return (DescriptorAttachment)buffer.Attach(this, Requests(direction, at));
    }

    private sealed class FileImport(IommuFdAddressSpace space, DmaDirection direction, DmaAddress? at) : IDescriptorImport
    {
        public MappingCost Cost => MappingCost.IommuMap;

        public bool CanTakeAway => true;

        public IDisposable Import(DescriptorAttachment attachment, SafeHandle descriptor)
        {
            IommuFdMapping mapping = space.MapFile(descriptor, 0, attachment.Buffer.Size, at, direction);
            return new ImportedDmaRange(mapping.Range, mapping.Dispose);
        }
    }
}
