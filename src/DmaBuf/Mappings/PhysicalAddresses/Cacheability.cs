namespace DmaBuf;

/// <summary>How the CPU may cache the memory of a <see cref="PhysicalAddressList"/>; every mapping of it must use the same.</summary>
public enum Cacheability
{
    /// <summary>Not cached, not combined. The default, because the kernel series assumes it of every list.</summary>
    Uncached = 0,

    /// <summary>Not cached; writes may be combined and reordered.</summary>
    WriteCombining = 1,

    /// <summary>Cached, coherent with the CPU's other mappings.</summary>
    Cached = 2,
}
