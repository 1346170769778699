namespace DmaBuf.Machine;

/// <summary>An endpoint that has its place in the tree, on the way to being built.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Definition">What it has; virtual functions of one physical function share theirs.</param>
/// <param name="Node">Its place.</param>
/// <param name="HostBridge">The host bridge above.</param>
/// <param name="Physical">Of a virtual function: which of how many it is, of which function.</param>
internal sealed record PciEndpointPlan(
    string Name, PciNodeDefinition Definition, PciNode Node, PciHostBridgeBuilder HostBridge, (PciNode Function, int Index, PciVirtualFunctionOptions Options)? Physical = null)
{
    /// <summary>Whether it answers as soon as the machine is built.</summary>
    public bool IsThere => Physical is not { } physical || physical.Index < physical.Options.Enabled;
}
