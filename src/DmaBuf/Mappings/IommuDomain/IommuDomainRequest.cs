namespace DmaBuf;

/// <summary>The importer's side of <see cref="IommuDomainMappingType"/>.</summary>
/// <param name="Domain">The importer's I/O page table.</param>
public readonly record struct IommuDomainRequest(IIommuDomain Domain);
