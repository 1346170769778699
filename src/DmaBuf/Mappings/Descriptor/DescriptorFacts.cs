namespace DmaBuf;

/// <summary>What an exporter knows of the descriptor that it would hand out, so that refusals that a kernel is known to make can be told before.</summary>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record DescriptorFacts
{
    /// <summary>What the kernel object is; exactly one kind.</summary>
    public required DescriptorKind Kind { get; init; }

    /// <summary>RAM or MMIO; exactly one.</summary>
    public required DescriptorMemory Memory { get; init; }

    /// <summary>The kernel's exporter name (<c>exp_name</c>), for example <c>system</c> or <c>udmabuf</c>; <c>memfd</c> for memory files.</summary>
    public required string ExporterName { get; init; }

    /// <summary>Whether a kernel interface that is given a CPU address of it can pin the pages (VFIO type 1 asks for it).</summary>
    public bool PinnableByAddress { get; init; }

    /// <summary>The size is a multiple of this many bytes; a power of two.</summary>
    public ulong SizeGranularity { get; init; } = 4096;

    /// <summary>
    /// Into how many bytes a piece of the memory may be cut: every physically contiguous run has at least this many (the last may be shorter). 0: not known, so only a kernel that tries can tell.
    /// </summary>
    public ulong ContiguousRun { get; init; }

    /// <summary>What holders of the descriptor may do.</summary>
    public CpuAccess Access { get; init; } = CpuAccess.ReadWrite;

    /// <summary>The seals of a memory file.</summary>
    public DescriptorSeals Seals { get; init; }
}
