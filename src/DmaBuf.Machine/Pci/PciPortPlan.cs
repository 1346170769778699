namespace DmaBuf.Machine;

/// <summary>A bridge that has its place in the tree, on the way to being built.</summary>
internal sealed record PciPortPlan(PciNode Node, PciPortKind Kind);
