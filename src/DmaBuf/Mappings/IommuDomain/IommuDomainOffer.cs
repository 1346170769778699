namespace DmaBuf;

/// <summary>The exporter's side of <see cref="IommuDomainMappingType"/>.</summary>
/// <param name="Operations">Installs the buffer.</param>
/// <param name="Granularity">Every run of the memory starts and ends at a multiple of this many bytes.</param>
/// <param name="Cost">An upper bound of what mapping costs, beside the page table entries.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public readonly record struct IommuDomainOffer(IIommuDomainOperations Operations, ulong Granularity, MappingCost Cost);
