namespace DmaBuf.Tool;

/// <summary>The commands in the order in which help shows them.</summary>
internal static class ToolCommands
{
    internal static IEnumerable<ToolCommand> All() => [new DemoCommand(), new MatrixCommand(), new ShareCommand(), new ReceiveCommand(), new ExplainCommand()];
}
