namespace DmaBuf;

/// <summary>The importer's side of <see cref="IommuDomainMappingType"/>.</summary>
/// <param name="Domain">The importer's I/O page table.</param>
public sealed record IommuDomainRequest(IIommuDomain Domain);
