using System.CommandLine;

namespace DmaBuf.Tool;

/// <summary><c>dmabuf matrix</c>: pairs every exporter with every importer, moves real bytes through each mapping that they agree on, and verifies them.</summary>
internal sealed class MatrixCommand : ToolCommand
{
    private readonly Option<MatrixMutation> _mutate = new("--mutate")
    {
        Description = "Make the machine's scatter/gather tables wrong, to see the matrix fail.",
        Hidden = true,
    };

    internal MatrixCommand()
        : base(
            "matrix",
            "Pairs every exporter with every importer, moves bytes through each agreed mapping and verifies them by checksum.",
            "dmabuf matrix",
            "dmabuf matrix --json",
            "dmabuf matrix | grep declined")
        => Options.Add(_mutate);

    internal override Task<int> RunAsync(ToolConsole console, ParseResult arguments, CancellationToken cancellationToken)
    {
        using MachineMatrix machine = new(arguments.GetValue(_mutate));
        MatrixExporter[] exporters = [.. HostMatrixExporters.Find(), .. machine.Exporters];
        MatrixImporter[] importers =
        [
            new CpuMatrixImporter("CPU reader", CpuAccess.Read),
            new CpuMatrixImporter("CPU writer", CpuAccess.ReadWrite),
            new DescriptorMatrixImporter("descriptor receiver"),
            new SecondProcessMatrixImporter("second process"),
            .. machine.Importers,
        ];
        MatrixRow[] rows = [.. MatrixRun.Rows(exporters, importers, cancellationToken)];
        if (arguments.GetValue(Json))
        {
            MatrixReport.WriteJson(console, rows);
        }
        else
        {
            MatrixReport.WriteTable(console, rows);
        }

        return Task.FromResult(Array.Exists(rows, static row => row.Outcome == MatrixOutcome.Failed) ? ExitCode.Failure : ExitCode.Success);
    }
}
