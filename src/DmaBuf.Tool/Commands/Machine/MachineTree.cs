using System.Globalization;
using System.Text.Json;
using DmaBuf.Machine;

namespace DmaBuf.Tool;

/// <summary>The functions of a machine below their bridges, and the engines that are no PCI devices. Ports with nothing below are not shown.</summary>
internal static class MachineTree
{
    internal static IEnumerable<string> Lines(SoftwareMachine machine)
    {
        foreach (IGrouping<int, PciFunction> bridge in machine.PciFunctions.GroupBy(static function => function.HostBridge))
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"host bridge {bridge.Key:x4}, {bridge.First().HostBridgePolicy}{Node(bridge.First().NumaNode)}");
            PciPort[] open = [];
            foreach (PciFunction function in bridge)
            {
                PciPort[] above = [.. Above(function.Port)];
                int same = above.Zip(open).TakeWhile(static pair => pair.First == pair.Second).Count();
                for (int depth = same; depth < above.Length; depth++)
                {
                    yield return $"{Indent(depth)}{above[depth].Address} {NameOf(above[depth].Kind)}{Bits(above[depth].AccessControl)}";
                }

                yield return Indent(above.Length) + Line(machine, function);
                open = above;
            }
        }

        foreach (DmaEngineDevice engine in machine.Engines.Where(static engine => engine.Function is null))
        {
            yield return $"platform engine {engine.Name}{Reach(engine)}{Node(engine.NumaNode)}";
        }
    }

    internal static void WriteJson(Utf8JsonWriter json, SoftwareMachine machine)
    {
        json.WriteStartArray("functions");
        foreach (PciFunction function in machine.PciFunctions)
        {
            json.WriteStartObject();
            json.WriteString("address", function.Address);
            json.WriteString("name", function.Name);
            json.WriteNumber("hostBridge", function.HostBridge);
            json.WriteString("hostBridgePolicy", function.HostBridgePolicy.ToString());
            json.WriteStartArray("bridges");
            foreach (PciPort port in Above(function.Port))
            {
                json.WriteStartObject();
                json.WriteString("address", port.Address);
                json.WriteString("accessControl", port.AccessControl.ToString());
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteString("accessControl", function.AccessControl.ToString());
            json.WriteNumber("bars", function.Bars.Count);
            json.WriteString("physicalFunction", function.PhysicalFunction?.Name);
            json.WriteBoolean("enabled", !function.IsRemoved);
            WriteNode(json, function.NumaNode);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("engines");
        foreach (DmaEngineDevice engine in machine.Engines)
        {
            json.WriteStartObject();
            json.WriteString("name", engine.Name);
            json.WriteString("pciAddress", engine.Function?.Address);
            json.WriteString("iommu", engine.Iommu?.Name);
            json.WriteString("lastAddress", engine.LastAddress.ToString());
            WriteNode(json, engine.NumaNode);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteNode(Utf8JsonWriter json, int? numaNode)
    {
        if (numaNode is { } node)
        {
            json.WriteNumber("numaNode", node);
        }
        else
        {
            json.WriteNull("numaNode");
        }
    }

    private static string Line(SoftwareMachine machine, PciFunction function)
    {
        IEnumerable<string> bars = function.Bars.Select((bar, index) => string.Create(
            CultureInfo.InvariantCulture, $", BAR {index} of {Text.Size(bar.Range.Length)}{(bar.Provider is null ? string.Empty : " for peers")}"));
        DmaEngineDevice? engine = machine.Engines.FirstOrDefault(engine => engine.Function == function);
        return $"{function.Address} {function.Name}{Kinship(function)}{Bits(function.AccessControl)}{string.Concat(bars)}{(engine is null ? string.Empty : ", engine" + Reach(engine))}";
    }

    private static string Kinship(PciFunction function) => function.PhysicalFunction is { } physical
        ? $", virtual function of {physical.Name}{(function.IsRemoved ? ", not enabled" : string.Empty)}"
        : string.Empty;

    private static string Node(int? numaNode) => numaNode is { } node ? string.Create(CultureInfo.InvariantCulture, $", NUMA node {node}") : string.Empty;

    private static string Reach(DmaEngineDevice engine)
        => (engine.Iommu is null ? " without IOMMU" : $" behind {engine.Iommu.Name}") + (engine.LastAddress.Value == ulong.MaxValue ? string.Empty : $" up to {engine.LastAddress}")
            + (engine.SegmentLimits == DmaSegmentLimits.None ? string.Empty : $", {engine.SegmentLimits}");

    /// <summary>A port and those above it, the root port first.</summary>
    private static IEnumerable<PciPort> Above(PciPort? port) => port is null ? [] : Above(port.Upstream).Append(port);

    private static string NameOf(PciPortKind kind) => kind switch
    {
        PciPortKind.RootPort => "root port",
        PciPortKind.SwitchUpstream => "switch",
        _ => "downstream port",
    };

    private static string Bits(PciAccessControl bits) => bits == PciAccessControl.None ? string.Empty : $", ACS {bits}";

    private static string Indent(int depth) => new(' ', 2 * (depth + 1));
}
