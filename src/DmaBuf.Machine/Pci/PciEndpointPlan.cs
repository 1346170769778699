namespace DmaBuf.Machine;

/// <summary>An endpoint that has its place in the tree, on the way to being built.</summary>
internal sealed record PciEndpointPlan(PciNodeDefinition Definition, PciNode Node, PciHostBridgeBuilder HostBridge);
