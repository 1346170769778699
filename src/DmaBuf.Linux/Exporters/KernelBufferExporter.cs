using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

/// <summary>
/// Exports any kernel dma-buf as a buffer of the framework, whoever made it. Offers, in order: <b>Cpu</b> (RAM that its driver lets us map; leases bracket every access), <b>Descriptor</b>.
/// </summary>
/// <remarks>
/// Theory: what differs between heaps, udmabuf, DRM, V4L2, VFIO and foreign buffers is data, not code: the kernel exporter's name, RAM or device memory, whether it can be mapped (found out by
/// mapping a page), and what <see cref="KernelBufferTraits"/> know. Device memory is never offered to the CPU: after a reset or a revoke in the kernel a mapping of it would end the process.
/// Beginning a lease waits for the implicit fences of the kernel. A forced revoke replaces the pages of CPU mappings in place; descriptors that were handed out cannot be taken back.
/// Owns the kernel buffer from <see cref="Export"/> until the buffer is released. Safe for all threads.
/// </remarks>
public sealed class KernelBufferExporter : DmaBufferExporter, ICpuOperations, IDescriptorOperations, ICpuAccessExporter
{
    private readonly KernelBuffer _kernelBuffer;

    private KernelBufferExporter(KernelBuffer kernelBuffer, KernelBufferTraits traits)
        : base(kernelBuffer.ExporterName)
    {
        _kernelBuffer = kernelBuffer;
        MappingOffer descriptor = DescriptorMappingType.Offer(this, FactsOf(kernelBuffer, traits));
        MappingOfferList offers = traits.Memory == DescriptorMemory.Ram && CanBeMapped(kernelBuffer)
            ? [CpuMappingType.Offer(this, kernelBuffer.Facts.Access, CpuCoherency.NeedsMaintenance), descriptor]
            : [descriptor];
        Offers = OfferSource.Computed(_ => offers);
    }

    /// <inheritdoc/>
    protected override OfferSource Offers { get; }

    /// <summary>Exports a kernel buffer and takes it over; on failure it stays the caller's.</summary>
    /// <param name="kernelBuffer">Made here, or adopted.</param>
    /// <param name="options">Name, reservation, registry; null for the defaults. The name is the framework's; <see cref="KernelBuffer.SetName"/> gives the kernel's.</param>
    /// <param name="traits">What the caller knows of the memory; null: what is known of its kernel exporter.</param>
    /// <returns>A buffer of the same length; the last reference to go disposes the kernel buffer.</returns>
    /// <exception cref="DmaBufException">As <see cref="DmaBuffer.Export"/>; EINVAL: traits that name no memory.</exception>
    public static DmaBuffer Export(KernelBuffer kernelBuffer, DmaBufferExportOptions? options = null, KernelBufferTraits? traits = null)
    {
        LinuxOnly.Ensure();
        ArgumentNullException.ThrowIfNull(kernelBuffer);
        traits ??= KernelBufferTraits.Of(kernelBuffer.ExporterName, kernelBuffer.Length);
        return DmaBuffer.Export(new KernelBufferExporter(kernelBuffer, traits), kernelBuffer.Length, options);
    }

    /// <summary>True: the pages of a mapping are replaced in place.</summary>
    public bool CanOverlay => true;

    /// <inheritdoc/>
    public CpuMemory MapCpu(CpuAttachment attachment, CpuAccess access, in ReservationLock held)
        => new MappedCpuMemory(_kernelBuffer.Map(access == CpuAccess.ReadWrite ? MemoryProtection.ReadWrite : MemoryProtection.Read));

    /// <inheritdoc/>
    public SafeHandle OpenDescriptor(DescriptorAttachment attachment, in ReservationLock held) => _kernelBuffer.DuplicateDescriptor();

    /// <summary>Makes the bytes coherent for the CPU, and waits for the kernel's implicit fences.</summary>
    /// <inheritdoc/>
    public void BeginCpuAccess(DmaBuffer buffer, DmaDirection direction) => _kernelBuffer.BeginCpuAccess(direction);

    /// <inheritdoc/>
    public void EndCpuAccess(DmaBuffer buffer, DmaDirection direction) =>
        _ = _kernelBuffer.TryEndCpuAccess(direction); // the end of an access must not throw, and a driver that fails it leaves nothing to undo

    /// <inheritdoc/>
    protected override void OnRelease(DmaBuffer buffer) => _kernelBuffer.Dispose();

    private static bool CanBeMapped(KernelBuffer kernelBuffer)
    {
        try
        {
            MemoryMapping.Map(kernelBuffer.Descriptor, 0, 1, MemoryProtection.Read).Dispose();
            return true;
        }
        catch (DmaBufException refusal) when (refusal.Errno is Errno.EINVAL or Errno.ENODEV or Errno.EACCES or Errno.EPERM or Errno.EOPNOTSUPP)
        {
            return false;
        }
    }

    private static DescriptorFacts FactsOf(KernelBuffer kernelBuffer, KernelBufferTraits traits) => new()
    {
        Kind = DescriptorKind.DmaBuf,
        Memory = traits.Memory,
        ExporterName = kernelBuffer.ExporterName,
        PinnableByAddress = traits.PinnableByAddress,
        SizeGranularity = kernelBuffer.Length & (~kernelBuffer.Length + 1),
        ContiguousRun = traits.ContiguousRun,
        Access = kernelBuffer.Facts.Access,
    };
}
