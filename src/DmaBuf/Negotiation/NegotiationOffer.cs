namespace DmaBuf;

/// <summary>The description of one offer in a trace; never the offer itself.</summary>
/// <param name="Type">The name of the mapping type.</param>
/// <param name="Version">The version of the mapping type.</param>
/// <param name="Description">The type's own words.</param>
/// <param name="ConvertibleTo">The names of the types that named converters make of it.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record NegotiationOffer(string Type, int Version, string Description, IReadOnlyList<string> ConvertibleTo);
