namespace DmaBuf;

/// <summary>How a physical range is to be mapped for a device.</summary>
[Flags]
public enum DmaAttributes
{
    /// <summary>Ordinary, cached RAM.</summary>
    None = 0,

    /// <summary>Device memory (<c>DMA_ATTR_MMIO</c>): mapped with the MMIO attribute, not cached, no cache maintenance.</summary>
    Mmio = 1,
}
