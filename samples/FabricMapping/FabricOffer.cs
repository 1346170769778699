namespace FabricMapping;

/// <summary>The exporter's side: its node, and how windows open.</summary>
/// <param name="Node">The exporter's node.</param>
/// <param name="Operations">Opens and closes windows.</param>
public readonly record struct FabricOffer(FabricNode Node, IFabricOperations Operations);
