namespace DmaBuf;

/// <summary>What a revoke found of one importer at its deadline; importers that let go in time are not listed.</summary>
/// <param name="Importer">The importer's name.</param>
/// <param name="Type">The mapping type's name.</param>
/// <param name="Revocability">Whether it could be cut off.</param>
/// <param name="Outcome">Forced or quarantined.</param>
/// <param name="Mappings">The mappings that were still live.</param>
/// <param name="Accesses">The accesses that were still inside them.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record RevokedAttachment(string Importer, string Type, Revocability Revocability, RevokeOutcome Outcome, int Mappings, int Accesses);
