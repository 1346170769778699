namespace FabricMapping;

/// <summary>Memory as the link addresses it.</summary>
/// <param name="Node">Whose memory.</param>
/// <param name="Offset">Where in that node's memory, in bytes.</param>
/// <param name="Length">How many bytes.</param>
public readonly record struct FabricRange(FabricNode Node, ulong Offset, ulong Length);
