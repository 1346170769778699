using System.Globalization;
using System.Text.Json;
using DmaBuf.Linux;

namespace DmaBuf.Tool;

/// <summary>How one PCI function of this machine reaches the memory of another, for people and as JSON (docs/route-json.md).</summary>
internal sealed class RouteExplanation(SysfsPciDevice provider, SysfsPciDevice client)
{
    private const string Format = "dmabuf-route/1";

    private readonly PciRouteLog _log = provider.ExplainRouteFrom(client);

    /// <summary>Null where what decides could not be read.</summary>
    private bool? IsReachable => _log.Route.MapType switch
    {
        PeerToPeerMapType.Unknown => null,
        PeerToPeerMapType.NotSupported => false,
        _ => true,
    };

    internal void Show(ToolConsole console)
    {
        console.Line($"from {Describe(provider)}");
        console.Line($"to   {Describe(client)}");
        foreach (string line in _log.ToString().ReplaceLineEndings("\n").Split('\n'))
        {
            console.Line(line);
        }

        console.Line(IsReachable switch
        {
            true => $"{client.Address} may reach the memory of {provider.Address}.",
            false => $"{client.Address} may not reach the memory of {provider.Address}.",
            null => $"Whether {client.Address} may reach the memory of {provider.Address} is not known: run as root.",
        });
    }

    internal void Write(Utf8JsonWriter json)
    {
        json.WriteString("format", Format);
        Write(json, "from", provider, _log.ProviderSide);
        Write(json, "to", client, _log.ClientSide);
        json.WriteString("commonBridge", _log.CommonBridge);
        json.WriteString("mapType", _log.Route.MapType.ToString());
        json.WriteNumber("distance", _log.Route.Distance);
        if (IsReachable is { } reachable)
        {
            json.WriteBoolean("reachable", reachable);
        }
        else
        {
            json.WriteNull("reachable");
        }

        json.WriteString("reason", _log.Route.Reason);
    }

    private static void Write(Utf8JsonWriter json, string name, SysfsPciDevice device, IReadOnlyList<PciRouteStep> way)
    {
        json.WriteStartObject(name);
        json.WriteString("address", device.Address);
        json.WriteString("vendor", $"{device.Vendor:x4}");
        json.WriteString("device", $"{device.DeviceId:x4}");
        json.WriteString("driver", device.Driver);
        WriteNumber(json, "iommuGroup", device.IommuGroup);
        WriteNumber(json, "numaNode", device.NumaNode);
        json.WriteStartArray("way");
        foreach (PciRouteStep step in way)
        {
            json.WriteStartObject();
            json.WriteString("address", step.Address);
            json.WriteString("accessControl", step.AccessControl.ToString());
            json.WriteBoolean("redirects", step.Redirects);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, int? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static string Describe(SysfsPciDevice device)
    {
        string driver = device.Driver is { } name ? Printable.Of(name) : "none";
        return $"{device}, driver {driver}, IOMMU group {device.IommuGroup?.ToString(CultureInfo.InvariantCulture) ?? "none"}";
    }
}
