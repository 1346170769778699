namespace DmaBuf;

/// <summary>The description of one request in a trace.</summary>
/// <param name="Type">The name of the mapping type.</param>
/// <param name="Version">The version of the mapping type.</param>
/// <param name="Description">The type's own words.</param>
/// <param name="Ceiling">The costs that the importer permits.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record NegotiationRequest(string Type, int Version, string Description, MappingCost Ceiling);
