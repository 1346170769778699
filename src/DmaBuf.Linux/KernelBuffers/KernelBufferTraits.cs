namespace DmaBuf.Linux;

/// <summary>What cannot be asked of a dma-buf but is known of those who make them, so that refusals can be told before a kernel makes them.</summary>
/// <remarks>Immutable, thus safe to share between threads. What is not known is left at its default, which promises nothing.</remarks>
public sealed record KernelBufferTraits
{
    /// <summary>RAM, or the memory of a device.</summary>
    public DescriptorMemory Memory { get; init; } = DescriptorMemory.Ram;

    /// <summary>Whether an interface that is given the address of a CPU mapping can pin the pages behind it (VFIO type 1 asks for it).</summary>
    public bool PinnableByAddress { get; init; }

    /// <summary>Bytes that lie together physically at least, in each piece of the memory; 0 if not known.</summary>
    public ulong ContiguousRun { get; init; }

    /// <summary>What is known of buffers of this kernel exporter.</summary>
    /// <param name="exporterName">As in <see cref="KernelBuffer.ExporterName"/>.</param>
    /// <param name="length">The buffer's length in bytes.</param>
    /// <remarks>
    /// Observed on Linux 7.3: only video buffers of the vmalloc allocator are mapped to the CPU page by page, in a way that can be pinned; heap, udmabuf, DRM and dma-contig buffers are
    /// mapped as bare page frames, which answer EFAULT. Memory of VFIO devices is no RAM at all.
    /// </remarks>
    public static KernelBufferTraits Of(string exporterName, ulong length)
    {
        LinuxOnly.Ensure();
        ArgumentNullException.ThrowIfNull(exporterName);
        return exporterName switch
        {
            "vfio_pci_core" => new() { Memory = DescriptorMemory.Mmio },
            "videobuf2_vmalloc" => new() { PinnableByAddress = true, ContiguousRun = (ulong)Environment.SystemPageSize },
            "videobuf2_dma_contig" => new() { ContiguousRun = length },
            _ => new(),
        };
    }
}
