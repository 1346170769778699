namespace DmaBuf;

/// <summary>The exporter's side of <see cref="PhysicalAddressListMappingType"/>.</summary>
/// <param name="Source">Makes lists and checks them.</param>
/// <param name="Kind">What the lists hold.</param>
/// <param name="Cost">An upper bound of what mapping costs.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public readonly record struct PhysicalAddressListOffer(PhysicalAddressListSource Source, PhysicalMemoryKind Kind, MappingCost Cost);
