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

    private readonly Option<bool> _vfio = new("--vfio")
    {
        Description = "Also the devices that are bound to vfio-pci. Opening resets them, and bytes are written into their prefetchable memory.",
    };

    // Otherwise any number would do.
    private static readonly string[] s_mutations = ["none", "shift", "swap"];

    internal MatrixCommand()
        : base(
            "matrix",
            "Pairs every exporter with every importer of this host and of a machine in software, moves bytes through each agreed mapping and verifies them by checksum.",
            "dmabuf matrix",
            "dmabuf matrix --vfio",
            "dmabuf matrix --json",
            "dmabuf matrix --machine samples/machines/server-two-gpus.json",
            "dmabuf matrix | grep declined")
    {
        _mutate.AcceptOnlyFromAmong(s_mutations);
        Options.Add(_mutate);
        Options.Add(_machine);
        Options.Add(_vfio);
    }

    internal override async Task<int> RunAsync(ToolConsole console, ParseResult arguments, CancellationToken cancellationToken)
    {
        if (arguments.GetValue(_machine) is { } file)
        {
            DescribedMachineMatrix described = new(await MachineFile.LoadAsync(file, cancellationToken).ConfigureAwait(false), arguments.GetValue(_mutate));
            return await RunAsync(console, arguments, described.Exporters, described.Importers, [], cancellationToken).ConfigureAwait(false);
        }

        using MachineMatrix machine = new(arguments.GetValue(_mutate));
        using KernelMatrix? kernel = OperatingSystem.IsLinux() ? await KernelMatrix.OpenAsync(arguments.GetValue(_vfio), cancellationToken).ConfigureAwait(false) : null;
        MatrixExporter[] exporters = [.. HostMatrixExporters.Find(), .. kernel?.Exporters ?? [], .. machine.Exporters];
        MatrixImporter[] importers =
        [
            new CpuMatrixImporter("CPU reader", CpuAccess.Read),
            new CpuMatrixImporter("CPU writer", CpuAccess.ReadWrite),
            new DescriptorMatrixImporter("descriptor receiver"),
            new SecondProcessMatrixImporter("second process"),
            .. kernel?.Importers ?? [],
            .. machine.Importers,
        ];
        return await RunAsync(console, arguments, exporters, importers, kernel?.LeftOut ?? [], cancellationToken).ConfigureAwait(false);
    }

    private async Task<int> RunAsync(
        ToolConsole console,
        ParseResult arguments,
        IReadOnlyList<MatrixExporter> exporters,
        IReadOnlyList<MatrixImporter> importers,
        IReadOnlyList<string> leftOut,
        CancellationToken cancellationToken)
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
            MatrixReport.WriteJson(console, rows, leftOut);
        }
        else
        {
            MatrixReport.WriteTable(console, rows, leftOut);
        }

        return Array.Exists(rows, static row => row.Outcome == MatrixOutcome.Failed) ? ExitCode.Failure : ExitCode.Success;
    }
}
