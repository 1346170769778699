using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace DmaBuf.Tool;

/// <summary>The usual help, followed by the command's examples and the exit codes.</summary>
internal sealed class SynchronousHelp(HelpAction usual) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        int code = usual.Invoke(parseResult);
        IEnumerable<string> examples = parseResult.CommandResult.Command is ToolCommand command
            ? command.Examples
            : parseResult.RootCommandResult.Command.Subcommands.OfType<ToolCommand>().Select(static each => each.Examples[0]);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        foreach (string example in examples)
        {
            output.WriteLine($"  {example}");
        }

        output.WriteLine();
        output.WriteLine("Exit codes: 0 done; 1 failed, or a verification did not hold; 2 bad use; 130 ended by Ctrl-C.");
        return code;
    }
}
