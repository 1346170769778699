namespace FabricMapping;

/// <summary>The importer's side: its node.</summary>
/// <param name="Node">The importer's node.</param>
public readonly record struct FabricRequest(FabricNode Node);
