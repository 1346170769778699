using System.Diagnostics.CodeAnalysis;

namespace DmaBuf.Machine;

/// <summary>
/// Shows an offer that is a part of something larger: a virtual GPU's operations hold the table's and more, and a driver of the same kind has to find the whole from a
/// buffer. Mirrors virtio-gpu in patch 07. The kernel goes from the embedded member back to its container; here the exporter is asked what it is.
/// </summary>
/// <remarks>
/// Operations cannot be fetched out of an offer (D-17), so whoever wants the larger object asks by <see cref="TryFind"/>, which answers for buffers of this driver only.
/// Safe for all threads.
/// </remarks>
public sealed class VirtualGpuExporter : MachineExporter
{
    private readonly VirtualGpuOperations _operations;

    private VirtualGpuExporter(SoftwareMachine machine, VirtualGpuOperations operations, ReadOnlySpan<PhysicalRange> ranges)
        : base("virtual-gpu", machine, ranges)
    {
        _operations = operations;
        Offers = OfferSource.Single(ScatterGatherMappingType.Offer(operations));
    }

    /// <inheritdoc/>
    protected override OfferSource Offers { get; }

    /// <summary>Allocates guest pages for a resource of the host and exports them.</summary>
    /// <param name="machine">Whose RAM is used.</param>
    /// <param name="resource">Under which identity the host knows it.</param>
    /// <param name="size">Bytes; a multiple of 4096, not zero.</param>
    /// <param name="options">Name, reservation, registry; null for the defaults.</param>
    /// <returns>The buffer; the last reference to go frees the pages.</returns>
    /// <exception cref="DmaBufException">EINVAL: the size; ENOMEM: no such RAM is free. Else as <see cref="DmaBuffer.Export"/>.</exception>
    public static DmaBuffer Export(SoftwareMachine machine, Guid resource, ulong size, DmaBufferExportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(machine);
        PhysicalRange[] pages = machine.Ram.AllocateScattered(size);
        bool exported = false;
        try
        {
            DmaBuffer buffer = DmaBuffer.Export(new VirtualGpuExporter(machine, new VirtualGpuOperations(resource, pages, size), pages), size, options);
            exported = true;
            return buffer;
        }
        finally
        {
            if (!exported)
            {
                machine.Ram.Free(pages);
            }
        }
    }

    /// <summary>Finds the larger operations behind a buffer (<c>is_virtio_dma_buf</c>, then <c>to_virtio_dma_buf_ops</c>).</summary>
    /// <param name="buffer">Any buffer.</param>
    /// <param name="operations">This driver's operations; null if the buffer is another driver's.</param>
    public static bool TryFind(DmaBuffer buffer, [NotNullWhen(true)] out VirtualGpuOperations? operations)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        operations = (buffer.Exporter as VirtualGpuExporter)?._operations;
        return operations is not null;
    }

    /// <inheritdoc/>
    protected override void OnRelease(DmaBuffer buffer) => Machine.Ram.Free(Ranges);
}
