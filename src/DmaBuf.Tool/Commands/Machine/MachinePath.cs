using System.Globalization;
using System.Text.Json;
using DmaBuf.Machine;

namespace DmaBuf.Tool;

/// <summary>How one engine reaches the BARs of one function.</summary>
internal sealed record MachinePath(string Client, string Provider, PeerToPeerRoute Route)
{
    internal static string[] Titles { get; } = ["engine", "BARs of", "path", "distance", "why"];

    internal string[] Cells => [Client, Provider, Route.MapType.ToString(), Route.Distance < 0 ? "-" : Route.Distance.ToString(CultureInfo.InvariantCulture), Route.Reason];

    /// <summary>Every engine with every other function that has BARs; without virtual functions that are not enabled.</summary>
    internal static IEnumerable<MachinePath> Of(SoftwareMachine machine)
        => from engine in machine.Engines
           from provider in machine.PciFunctions
           where provider.Bars.Count > 0 && provider != engine.Function && !provider.IsRemoved && engine.Function is not { IsRemoved: true }
           select new MachinePath(engine.Name, provider.Name, RouteOf(engine, provider));

    internal static void WriteJson(Utf8JsonWriter json, IEnumerable<MachinePath> paths)
    {
        json.WriteStartArray("peerToPeer");
        foreach (MachinePath path in paths)
        {
            json.WriteStartObject();
            json.WriteString("client", path.Client);
            json.WriteString("provider", path.Provider);
            json.WriteString("path", path.Route.MapType.ToString());
            json.WriteNumber("distance", path.Route.Distance);
            json.WriteString("reason", path.Route.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    // The tree permits what the function's set-up may not.
    private static PeerToPeerRoute RouteOf(DmaEngineDevice engine, PciFunction provider) => provider.Bars.Any(static bar => bar.Provider is not null)
        ? provider.RouteFrom(engine.PciDevice)
        : new PeerToPeerRoute(PeerToPeerMapType.NotSupported, -1, "none of its BARs was set up for peers");
}
