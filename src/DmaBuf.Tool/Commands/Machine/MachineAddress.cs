using System.Globalization;
using System.Text.Json;
using DmaBuf.Machine;

namespace DmaBuf.Tool;

/// <summary>One run of addresses of one kind.</summary>
/// <param name="Kind">Which of the four kinds of addresses, and of what.</param>
/// <param name="Owner">Whose it is; null: the machine's.</param>
/// <param name="Start">The first address.</param>
/// <param name="Last">The last one, inclusive.</param>
/// <param name="Offset">What is added to a physical address to get one of these; null: nothing is.</param>
internal sealed record MachineAddress(string Kind, string? Owner, ulong Start, ulong Last, ulong? Offset = null)
{
    internal static string[] Titles { get; } = ["kind", "first", "last", "size", "physical plus", "of"];

    internal string[] Cells => [Kind, Hex(Start), Hex(Last), Text.Size(Last - Start + 1), Offset is { } offset ? Hex(offset) : "-", Owner ?? "-"];

    /// <summary>RAM and BARs as the CPU sees them, BARs as peers do, what IOMMUs translate, and RAM as engines without one see it.</summary>
    internal static IEnumerable<MachineAddress> Of(SoftwareMachine machine) =>
    [
        .. machine.Memory.RangesOf(PhysicalMemoryKind.Ram).Select(range => Make("physical RAM", NodeOf(machine, range), range.Start.Value, range.Length)),
        .. machine.BouncePool is { } pool ? [Make("bounce pool", NodeOf(machine, pool.Range), pool.Range.Start.Value, pool.Range.Length)] : Array.Empty<MachineAddress>(),
        .. DescribedMachineMatrix.BarsOf(machine).Select(static named => Make("physical BAR", named.Name, named.Bar.Range.Start.Value, named.Bar.Range.Length)),
        .. DescribedMachineMatrix.BarsOf(machine).Select(static named => Make(
            "PCI bus", named.Name, named.Bar.BusRange.Start.Value, named.Bar.BusRange.Length, unchecked(named.Bar.BusRange.Start.Value - named.Bar.Range.Start.Value))),
        .. machine.Iommus.Select(static iommu => Make("I/O virtual", iommu.Name, iommu.Aperture.Start.Value, iommu.Aperture.Length)),
        .. machine.Engines.Where(static engine => engine.DirectDmaOffset is not null).SelectMany(engine => machine.Memory.RangesOf(PhysicalMemoryKind.Ram)
            .Select(range => Make("direct DMA", engine.Name, unchecked(range.Start.Value + engine.DirectDmaOffset!.Value), range.Length, engine.DirectDmaOffset))),
    ];

    internal static void WriteJson(Utf8JsonWriter json, IEnumerable<MachineAddress> rows)
    {
        json.WriteStartArray("addresses");
        foreach (MachineAddress row in rows)
        {
            json.WriteStartObject();
            json.WriteString("kind", row.Kind);
            json.WriteString("of", row.Owner);
            json.WriteString("first", Hex(row.Start));
            json.WriteString("last", Hex(row.Last));
            json.WriteString("physicalPlus", row.Offset is { } offset ? Hex(offset) : null);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string? NodeOf(SoftwareMachine machine, PhysicalRange range)
        => machine.Memory.NumaNodeOf(range.Start) is { } node ? string.Create(CultureInfo.InvariantCulture, $"NUMA node {node}") : null;

    private static MachineAddress Make(string kind, string? owner, ulong start, ulong length, ulong? offset = null) => new(kind, owner, start, start + length - 1, offset);

    private static string Hex(ulong value) => string.Create(CultureInfo.InvariantCulture, $"0x{value:x}");
}
