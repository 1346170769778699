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

    // Otherwise any number would do.
    private static readonly string[] s_mutations = ["none", "shift", "swap"];

    internal MatrixCommand()
        : base(
            "matrix",
            "Pairs every exporter with every importer, moves bytes through each agreed mapping and verifies them by checksum.",
            "dmabuf matrix",
            "dmabuf matrix --json",
            "dmabuf matrix | grep declined")
    {
        _mutate.AcceptOnlyFromAmong(s_mutations);
        Options.Add(_mutate);
    }

    internal override async Task<int> RunAsync(ToolConsole console, ParseResult arguments, CancellationToken cancellationToken)
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
        bool json = arguments.GetValue(Json);
        MatrixRow[] rows = await ProgressLine.RunAsync<MatrixRow[]>(
            console,
            !json,
            "pairs",
            (ulong)(exporters.Length * importers.Length),
            progress => [.. MatrixRun.Rows(exporters, importers, progress, cancellationToken)],
            cancellationToken).ConfigureAwait(false);
        if (json)
        {
            MatrixReport.WriteJson(console, rows);
        }
        else
        {
            MatrixReport.WriteTable(console, rows);
        }

        return Array.Exists(rows, static row => row.Outcome == MatrixOutcome.Failed) ? ExitCode.Failure : ExitCode.Success;
    }
}
