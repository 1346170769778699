namespace DmaBuf.Machine;

/// <summary>How a range is mapped in an <see cref="IoAddressSpace"/> (<c>IOMMU_IOAS_MAP_*</c>).</summary>
[Flags]
public enum IoMapOptions
{
    /// <summary>Nothing; refused, because a mapping that can be neither read nor written has no use.</summary>
    None = 0,

    /// <summary>The caller names the I/O virtual address.</summary>
    FixedIova = 1,

    /// <summary>Devices may write.</summary>
    Writeable = 2,

    /// <summary>Devices may read.</summary>
    Readable = 4,
}
