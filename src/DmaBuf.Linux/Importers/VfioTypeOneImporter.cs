using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

/// <summary>
/// Maps buffers for the devices of a VFIO container (type 1). Wants a descriptor of memory that is <em>pinnable by address</em>: memory files are, DMA-bufs of heaps and udmabuf are not and
/// are declined with that property, before the kernel says EFAULT.
/// </summary>
/// <remarks>
/// The import runs inside attach: map for the CPU, pin, map for the IOMMU. It can be taken away under the device: after a revoke its DMA reaches nothing. Safe for all threads.
/// </remarks>
public sealed class VfioTypeOneImporter : DmaBufferImporter
{
    private readonly VfioContainer _container;
    private readonly IovaRangeAllocator _addresses;
    private readonly ulong _page;

    /// <summary>Makes an importer. Add the container's groups before.</summary>
    /// <param name="container">Stays the caller's, and lives longer than what is attached.</param>
    /// <param name="addresses">Hands out addresses of that container; null: all that its IOMMU can map.</param>
    /// <param name="name">The name that dumps and failures show.</param>
    /// <exception cref="DmaBufException">EINVAL: the container has no group yet.</exception>
    public VfioTypeOneImporter(VfioContainer container, IovaRangeAllocator? addresses = null, string name = "vfio-type1")
        : base(name)
    {
        ArgumentNullException.ThrowIfNull(container);
        IovaLimits limits = container.ReadLimits();
        _container = container;
        _page = limits.SmallestPage;
        _addresses = addresses ?? new IovaRangeAllocator(limits);
    }

    /// <summary>What this importer asks for.</summary>
    /// <param name="direction">What the devices will do.</param>
    /// <param name="at">Where they shall find the buffer; null: where there is room.</param>
    public MappingRequest<DescriptorAttachment> Request(DmaDirection direction = DmaDirection.Bidirectional, DmaAddress? at = null) => DescriptorMappingType.RequestImport(
        new DescriptorNeeds
        {
            Memory = DescriptorMemory.Ram,
            PinnableByAddress = true,
            SizeGranularity = _page,
            Access = direction == DmaDirection.ToDevice ? CpuAccess.Read : CpuAccess.ReadWrite,
        },
        new TypeOneImport(this, direction, at));

    /// <summary>Asks for any descriptor at all, to hear what the kernel says by itself to memory that it is known to refuse.</summary>
    /// <param name="direction">What the devices will do.</param>
    /// <param name="at">Where they shall find the buffer; null: where there is room.</param>
    public MappingRequest<DescriptorAttachment> RequestAny(DmaDirection direction = DmaDirection.Bidirectional, DmaAddress? at = null) =>
        DescriptorMappingType.RequestImport(null, new TypeOneImport(this, direction, at));

    /// <summary>Attaches and maps.</summary>
    /// <param name="buffer">The buffer.</param>
    /// <param name="direction">What the devices will do.</param>
    /// <param name="at">Where they shall find it; null: where there is room.</param>
    /// <returns>The attachment; <see cref="ImportedDmaRange.Of"/> tells the address. Detach unmaps.</returns>
    /// <exception cref="NegotiationFailedException">The exporter offers nothing that fits.</exception>
    /// <exception cref="DmaBufException">The kernel's or the allocator's errno: EEXIST, ENOSPC, ENOMEM and others.</exception>
    public DescriptorAttachment Attach(DmaBuffer buffer, DmaDirection direction = DmaDirection.Bidirectional, DmaAddress? at = null)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        return buffer.Attach(this, Request(direction, at));
    }

    private sealed class TypeOneImport(VfioTypeOneImporter importer, DmaDirection direction, DmaAddress? at) : IDescriptorImport
    {
        public MappingCost Cost => MappingCost.IommuMap;

        public bool CanTakeAway => true;

        public IDisposable Import(DescriptorAttachment attachment, SafeHandle descriptor)
        {
            ulong size = attachment.Buffer.Size;
            DmaRange range = DmaRangeChoice.Take(importer._addresses, size, at);
            try
            {
                // The pages stay pinned by the IOMMU's mapping, so the CPU's is needed for the call only.
                using MemoryMapping memory = MemoryMapping.Map(descriptor, 0, size, direction == DmaDirection.ToDevice ? MemoryProtection.Read : MemoryProtection.ReadWrite);
                VfioDmaMapping mapping = importer._container.Map(memory, 0, size, range.Start, direction);
                return new ImportedDmaRange(range, () =>
                {
                    mapping.Dispose();
                    importer._addresses.Free(range);
                });
            }
            catch
            {
                importer._addresses.Free(range);
                throw;
            }
        }
    }
}
