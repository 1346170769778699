using System.Globalization;
using DmaBuf.Machine;

namespace DmaBuf.Tool;

/// <summary>The exporters and importers of a machine that a file describes: its RAM and each of its BARs, and each of its engines as a party that can be told to let go. Virtual functions that are not enabled take no part.</summary>
internal sealed class DescribedMachineMatrix(SoftwareMachine machine, MatrixMutation mutation = MatrixMutation.None)
{
    private const ulong Size = 16 * 4096;

    internal IReadOnlyList<MatrixExporter> Exporters { get; } =
    [
        new("ram", IsReal: false, () => Fill(RamExporter.Export(machine, Size), mutation)),
        new("physical-ram", IsReal: false, () => Fill(PhysicalRamExporter.Export(machine, Size), mutation)),
        .. BarsOf(machine)
            .Where(static named => named.Bar.Options.Mappable && !named.Bar.Function.IsRemoved)
            .Select(named => new MatrixExporter(named.Name, IsReal: false, () => Fill(BarExporter.Export(machine, named.Bar, 0, Math.Min(Size, named.Bar.Range.Length)), mutation))),
    ];

    internal IReadOnlyList<MatrixImporter> Importers { get; } =
        [.. machine.Engines.Where(static engine => engine.Function is not { IsRemoved: true }).Select(static engine => new EngineMatrixImporter(engine.Name, engine, new MatrixPeer(engine.Name)))];

    /// <summary>Every BAR by the name that users type: <c>gpu:0</c>.</summary>
    internal static IEnumerable<(string Name, PciBar Bar)> BarsOf(SoftwareMachine machine) => machine.PciFunctions.SelectMany(
        static function => function.Bars.Select((bar, index) => (string.Create(CultureInfo.InvariantCulture, $"{function.Name}:{index}"), bar)));

    /// <exception cref="BadUseException">There is no such exporter.</exception>
    internal MatrixExporter ExporterOf(string name)
        => Exporters.FirstOrDefault(exporter => exporter.Name == name) ?? throw None("exporter", name, Exporters.Select(static exporter => exporter.Name));

    /// <exception cref="BadUseException">There is no such importer.</exception>
    internal MatrixImporter ImporterOf(string name)
        => Importers.FirstOrDefault(importer => importer.Name == name) ?? throw None("engine", name, Importers.Select(static importer => importer.Name));

    private static BadUseException None(string kind, string name, IEnumerable<string> names)
        => new($"the machine has no {kind} '{name.ReplaceLineEndings(" ")}'; it has {string.Join(", ", names.DefaultIfEmpty("none"))}");

    private static MatrixBuffer Fill(DmaBuffer buffer, MatrixMutation mutation)
    {
        byte[] contents = MatrixPattern.Make((int)buffer.Size, seed: 1);
        MachineExporter exporter = (MachineExporter)buffer.Exporter;
        exporter.Write(0, contents);
        DmaBuffer seen = mutation == MatrixMutation.None || exporter is not IScatterGatherOperations operations
            ? buffer
            : DmaBuffer.Export(new MutatedExporter(buffer, operations, static right => ScatterGatherMappingType.Offer(right), mutation), buffer.Size);
        return new MatrixBuffer(seen, contents, destination => exporter.Read(0, destination));
    }
}
