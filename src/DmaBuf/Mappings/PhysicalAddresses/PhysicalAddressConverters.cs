namespace DmaBuf;

/// <summary>Which converters an exporter lets serve its physical address list, so that it needs to implement nothing else.</summary>
[Flags]
public enum PhysicalAddressConverters
{
    /// <summary>None: only importers that may see physical addresses are served.</summary>
    None = 0,

    /// <summary>To a table of DMA addresses for an importing device; of MMIO, under the peer-to-peer rules.</summary>
    ScatterGather = 1,

    /// <summary>Into an I/O page table that the importer brings.</summary>
    IommuDomain = 2,
}
