namespace DmaBuf;

/// <summary>What a kernel object behind a descriptor is; as flags, so that a request can name several.</summary>
[Flags]
public enum DescriptorKind
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>A memfd on shared memory.</summary>
    MemoryFile = 1,

    /// <summary>A memfd on huge pages.</summary>
    HugeMemoryFile = 2,

    /// <summary>A DMA-buf.</summary>
    DmaBuf = 4,

    /// <summary>Any of them.</summary>
    Any = MemoryFile | HugeMemoryFile | DmaBuf,
}
