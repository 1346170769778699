using System.Globalization;
using System.Text;

namespace DmaBuf;

/// <summary>
/// A route with everything that was looked at to find it: what <c>pci_p2pdma_distance</c> tells the administrator in its verbose form.
/// </summary>
/// <param name="Provider">The function whose memory is reached.</param>
/// <param name="Client">The function that reaches for it.</param>
/// <param name="ProviderSide">From the provider up to the common bridge, or to the root port if there is none.</param>
/// <param name="ClientSide">From the client up to just below the common bridge, or to the root port if there is none.</param>
/// <param name="CommonBridge">The nearest bridge above both; null: none.</param>
/// <param name="Route">The result.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record PciRouteLog(
    string Provider, string Client, IReadOnlyList<PciRouteStep> ProviderSide, IReadOnlyList<PciRouteStep> ClientSide, string? CommonBridge, PeerToPeerRoute Route)
{
    /// <summary>The log as lines for people: each bridge met with its bits, and the result with its reason.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        Append(text, "provider", ProviderSide);
        Append(text, "client", ClientSide);
        text.Append("common bridge: ").AppendLine(CommonBridge ?? "none");
        return text.Append(CultureInfo.InvariantCulture, $"{Client} to {Provider}: {Route.MapType}, distance {Route.Distance}: {Route.Reason}").ToString();
    }

    private static void Append(StringBuilder text, string side, IReadOnlyList<PciRouteStep> steps)
    {
        foreach (PciRouteStep step in steps)
        {
            text.Append(CultureInfo.InvariantCulture, $"{side} {step.Address}: ACS {step.AccessControl}").AppendLine(step.Redirects ? ", redirects" : "");
        }
    }
}
