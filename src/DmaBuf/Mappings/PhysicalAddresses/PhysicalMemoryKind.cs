namespace DmaBuf;

/// <summary>What a <see cref="PhysicalAddressList"/> points to. One kind for the whole list: mixed lists cannot be written down.</summary>
public enum PhysicalMemoryKind
{
    /// <summary>Device memory, a BAR. The default, because the kernel series assumes it of every list.</summary>
    Mmio = 0,

    /// <summary>The machine's main memory.</summary>
    Ram = 1,
}
