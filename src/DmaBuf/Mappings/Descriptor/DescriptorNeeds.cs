namespace DmaBuf;

/// <summary>What an importer that is a kernel interface, or that talks to one, needs of a descriptor. The defaults need nothing.</summary>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record DescriptorNeeds
{
    /// <summary>The kinds of kernel object that it takes.</summary>
    public DescriptorKind Kinds { get; init; } = DescriptorKind.Any;

    /// <summary>The kinds of memory that it takes.</summary>
    public DescriptorMemory Memory { get; init; } = DescriptorMemory.Any;

    /// <summary>The only kernel exporter that it takes; null: any.</summary>
    public string? ExporterName { get; init; }

    /// <summary>It will hand a CPU address of the memory to an interface that pins pages.</summary>
    public bool PinnableByAddress { get; init; }

    /// <summary>It takes only sizes that are multiples of this many bytes; a power of two.</summary>
    public ulong SizeGranularity { get; init; } = 1;

    /// <summary>The least size that it takes, in bytes.</summary>
    public ulong MinimumSize { get; init; }

    /// <summary>It reaches the memory only as one physically contiguous run. Memory of which that is not known is taken; then the kernel tells.</summary>
    public bool Contiguous { get; init; }

    /// <summary>What it wants to do.</summary>
    public CpuAccess Access { get; init; } = CpuAccess.Read;

    /// <summary>The seals that it insists on.</summary>
    public DescriptorSeals RequiredSeals { get; init; }

    /// <summary>The seals that it refuses.</summary>
    public DescriptorSeals ForbiddenSeals { get; init; }
}
