namespace DmaBuf;

/// <summary>The importer's side of <see cref="PhysicalAddressListMappingType"/>.</summary>
/// <param name="Access">The importer's live permission.</param>
/// <param name="Kinds">The kind that it takes; null: either.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public readonly record struct PhysicalAddressListRequest(PhysicalAddressAccess Access, PhysicalMemoryKind? Kinds);
