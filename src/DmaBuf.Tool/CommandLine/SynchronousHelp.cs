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
        TextWriter output = parseResult.InvocationConfiguration.Output;
        int code = WriteUsual(parseResult, output);
        IEnumerable<string> examples = parseResult.CommandResult.Command is ToolCommand command
            ? command.Examples
            : FirstExamples(parseResult.CommandResult.Command);
        output.WriteLine("Examples:");
        foreach (string example in examples)
        {
            output.WriteLine($"  {example}");
        }

        output.WriteLine();
        output.WriteLine("Exit codes: 0 done; 1 failed, or a verification did not hold; 2 bad use; 130 ended by Ctrl-C, 143 by SIGTERM.");
        return code;
    }

    private static IEnumerable<string> FirstExamples(Command group)
        => group.Subcommands.SelectMany(static each => each is ToolCommand command ? [command.Examples[0]] : FirstExamples(each));

    /// <summary>The usual help names the program's file; people type <c>dmabuf</c>.</summary>
    private int WriteUsual(ParseResult parseResult, TextWriter output)
    {
        using StringWriter help = new();
        parseResult.InvocationConfiguration.Output = help;
        int code = usual.Invoke(parseResult);
        parseResult.InvocationConfiguration.Output = output;
        output.Write(help.ToString().Replace($"  {RootCommand.ExecutableName} ", "  dmabuf ", StringComparison.Ordinal));
        return code;
    }
}
