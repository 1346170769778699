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

    private readonly Option<string?> _machine = new("--machine")
    {
        Description = "Pair the engines of this machine (docs/machine-json.md) with its RAM and its BARs, and nothing else; - reads standard input.",
        HelpName = "FILE",
    };

    // Otherwise any number would do.
    private static readonly string[] s_mutations = ["none", "shift", "swap"];

    internal MatrixCommand()
        : base(
            "matrix",
            "Pairs every exporter with every importer, moves bytes through each agreed mapping and verifies them by checksum.",
            "dmabuf matrix",
            "dmabuf matrix --json",
            "dmabuf matrix --machine samples/machines/server-two-gpus.json",
            "dmabuf matrix | grep declined")
    {
        _mutate.AcceptOnlyFromAmong(s_mutations);
        Options.Add(_mutate);
        Options.Add(_machine);
    }

    internal override async Task<int> RunAsync(ToolConsole console, ParseResult arguments, CancellationToken cancellationToken)
    {
        if (arguments.GetValue(_machine) is { } file)
        {
            DescribedMachineMatrix described = new(await MachineFile.LoadAsync(file, cancellationToken).ConfigureAwait(false), arguments.GetValue(_mutate));
            return await RunAsync(console, arguments, described.Exporters, described.Importers, cancellationToken).ConfigureAwait(false);
        }

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
        return await RunAsync(console, arguments, exporters, importers, cancellationToken).ConfigureAwait(false);
    }

    private async Task<int> RunAsync(
        ToolConsole console, ParseResult arguments, IReadOnlyList<MatrixExporter> exporters, IReadOnlyList<MatrixImporter> importers, CancellationToken cancellationToken)
    {
        bool json = arguments.GetValue(Json);
        MatrixRow[] rows = await ProgressLine.RunAsync<MatrixRow[]>(
            console,
            !json,
            "pairs",
            (ulong)exporters.Count * (ulong)importers.Count,
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
