namespace DmaBuf.Machine;

/// <summary>What answers at a physical address.</summary>
public enum PhysicalMemoryKind
{
    /// <summary>Ordinary RAM.</summary>
    Ram,

    /// <summary>Device memory behind a BAR; mapped for DMA with <see cref="DmaAttributes.Mmio"/>.</summary>
    Mmio,
}
