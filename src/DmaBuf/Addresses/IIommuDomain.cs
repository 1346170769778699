namespace DmaBuf;

/// <summary>
/// One I/O page table that an importer owns (<c>iommu_domain</c>). The core installs a buffer in it without ever showing physical addresses to the
/// importer.
/// </summary>
/// <remarks>Implementations are safe for calls from several threads. <see cref="Unmap"/> never throws.</remarks>
public interface IIommuDomain
{
    /// <summary>The domain's name as diagnostics print it.</summary>
    string Name { get; }

    /// <summary>The smallest page in bytes: addresses and lengths are multiples of it.</summary>
    ulong PageSize { get; }

    /// <summary>Maps a physical range at an I/O virtual address (<c>iommu_map</c>).</summary>
    /// <exception cref="DmaBufException">EEXIST: something is mapped there; EINVAL: not aligned; ENOMEM: no page table.</exception>
    void Map(DmaAddress address, PhysicalRange range, DmaDirection direction, DmaAttributes attributes);

    /// <summary>Removes all translations in the range and invalidates cached ones (<c>iommu_unmap</c>). Never throws.</summary>
    void Unmap(DmaRange range);
}
