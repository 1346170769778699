namespace DmaBuf;

/// <summary>The exporter's side of <see cref="ScatterGatherMappingType"/>.</summary>
/// <param name="Operations">Maps and unmaps.</param>
/// <param name="Requirement">What it asks of the path.</param>
/// <param name="Device">The exporting PCI function, where the memory is its own.</param>
/// <param name="Cost">An upper bound of what mapping costs, beside what the importing device's mapping costs.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public readonly record struct ScatterGatherOffer(IScatterGatherOperations Operations, PeerToPeerRequirement Requirement, IPciDevice? Device, MappingCost Cost);
