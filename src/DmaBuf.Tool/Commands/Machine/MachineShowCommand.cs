using System.CommandLine;
using DmaBuf.Machine;

namespace DmaBuf.Tool;

/// <summary><c>dmabuf machine show FILE.json</c>: what a described machine looks like once it is built, and who reaches whose memory.</summary>
internal sealed class MachineShowCommand : ToolCommand
{
    private readonly Argument<string> _file = new("FILE.json") { Description = "The machine (docs/machine-json.md); - reads standard input." };

    internal MachineShowCommand()
        : base(
            "show",
            "Shows a machine's PCI tree, its addresses of every kind, and how each engine reaches each BAR.",
            "dmabuf machine show samples/machines/server-two-gpus.json",
            "dmabuf machine show samples/machines/laptop.json --json",
            "cat machine.json | dmabuf machine show -")
        => Arguments.Add(_file);

    internal override async Task<int> RunAsync(ToolConsole console, ParseResult arguments, CancellationToken cancellationToken)
    {
        SoftwareMachine machine = await MachineFile.LoadAsync(arguments.GetRequiredValue(_file), cancellationToken).ConfigureAwait(false);
        MachinePath[] paths = [.. MachinePath.Of(machine)];
        if (arguments.GetValue(Json))
        {
            console.WriteJson(json =>
            {
                MachineTree.WriteJson(json, machine);
                MachineAddress.WriteJson(json, MachineAddress.Of(machine));
                MachinePath.WriteJson(json, paths);
            });
            return ExitCode.Success;
        }

        console.Line("PCI tree and platform");
        foreach (string line in MachineTree.Lines(machine))
        {
            console.Line(line);
        }

        console.Line();
        console.Line("Addresses");
        PlainTable.Write(console, [MachineAddress.Titles, .. MachineAddress.Of(machine).Select(static row => row.Cells)]);
        console.Line();
        console.Line("Peer to peer");
        if (paths.Length == 0)
        {
            console.Line("nobody: no engine is beside a function with BARs");
        }
        else
        {
            PlainTable.Write(console, [MachinePath.Titles, .. paths.Select(static path => path.Cells)]);
        }

        return ExitCode.Success;
    }
}
