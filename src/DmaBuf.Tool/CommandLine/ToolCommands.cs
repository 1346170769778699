using System.CommandLine;

namespace DmaBuf.Tool;

/// <summary>The commands in the order in which help shows them.</summary>
internal static class ToolCommands
{
    internal static IEnumerable<Command> All() =>
    [
        new DemoCommand(), new DoctorCommand(), new MatrixCommand(), new ShareCommand(), new ReceiveCommand(),
        new ListCommand(), new ShowCommand(), new TopCommand(), new LeaksCommand(),
        new ExplainCommand(), new Command("machine", "Looks at a machine that a JSON file describes.") { new MachineShowCommand() },
        new Command("bench", "Measures on this machine.") { new BenchSharingCommand() },
    ];
}
