namespace DmaBuf;

/// <summary>The importer's side of <see cref="IommuDomainMappingType"/>.</summary>
/// <param name="Domain">The importer's I/O page table.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public readonly record struct IommuDomainRequest(IIommuDomain Domain);
