namespace DmaBuf;

/// <summary>A function or bridge that a route meets.</summary>
/// <param name="Address">Domain, bus, device and function.</param>
/// <param name="AccessControl">Its access control bits.</param>
/// <remarks>An immutable value, safe for all threads.</remarks>
public readonly record struct PciRouteStep(string Address, PciAccessControl AccessControl)
{
    /// <summary>Whether its bits force peer traffic up to the root.</summary>
    public bool Redirects =>
        (AccessControl & (PciAccessControl.RequestRedirect | PciAccessControl.CompletionRedirect | PciAccessControl.EgressControl)) != 0;
}
