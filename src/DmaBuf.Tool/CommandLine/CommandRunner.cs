using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;

namespace DmaBuf.Tool;

/// <summary>From the arguments to the exit code: parse, complain in one line or run the command, and turn a signal into its cancellation.</summary>
internal static class CommandRunner
{
    internal static async Task<int> RunAsync(string[] arguments)
    {
        RootCommand root = Describe();
        // A leading @ is an address here, not a file with more arguments.
        ParseResult parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is { ClearsParseErrors: true })
        {
            // They answer even if the rest of the line is wrong.
            return await ShowHelpOrVersionAsync(parsed).ConfigureAwait(false);
        }

        if (parsed.Errors.Count > 0 || parsed.CommandResult.Command is not ToolCommand command)
        {
            return Complain(parsed);
        }

        using InterruptScope interrupt = new();
        return await RunAsync(command, parsed, interrupt).ConfigureAwait(false);
    }

    private static async Task<int> ShowHelpOrVersionAsync(ParseResult parsed)
    {
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }).ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            // Standard output is full or broken.
            ToolConsole.Complain(exception.Message);
            return ExitCode.Failure;
        }
    }

    private static RootCommand Describe()
    {
        RootCommand root = new("Shares memory between devices, kernel interfaces and processes by negotiating how each reaches it.");
        foreach (Command command in ToolCommands.All())
        {
            root.Subcommands.Add(command);
        }

        foreach (HelpOption help in root.Options.OfType<HelpOption>())
        {
            help.Action = new SynchronousHelp((HelpAction)help.Action!);
        }

        return root;
    }

    private static bool IsExpected(Exception exception)
        => exception is DmaBufException or IOException or UnauthorizedAccessException or PlatformNotSupportedException;

    private static int Complain(ParseResult parsed)
    {
        string command = NameOf(parsed.CommandResult);
        string what = parsed.CommandResult.Command is not ToolCommand && parsed.UnmatchedTokens.Count > 0
            ? $"'{parsed.UnmatchedTokens[0].ReplaceLineEndings(" ")}' is no command"
            : parsed.Errors.Count > 0 ? OneLine(parsed.Errors[0].Message).TrimEnd('.') : "a command is missing";
        ToolConsole.Complain($"{what}; run '{command} --help' for what it takes and examples");
        return ExitCode.BadUse;
    }

    /// <summary>As it is typed: a command in a group after its group.</summary>
    private static string NameOf(CommandResult result) => result.Parent is CommandResult group ? $"{NameOf(group)} {result.Command.Name}" : "dmabuf";

    private static string OneLine(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static async Task<int> RunAsync(ToolCommand command, ParseResult parsed, InterruptScope interrupt)
    {
        try
        {
            return await command.RunAsync(ToolConsole.Open(), parsed, interrupt.Token).ConfigureAwait(false);
        }
        catch (BadUseException exception)
        {
            ToolConsole.Complain(exception.Message);
            return ExitCode.BadUse;
        }
        catch (Exception exception) when (interrupt.ExitCode is { } code && (exception is OperationCanceledException || IsExpected(exception)))
        {
            // A terminal's Ctrl-C ends the second process as well; what that does to this one is no news.
            ToolConsole.Complain("interrupted; everything was given back");
            return code;
        }
        catch (Exception exception) when (IsExpected(exception))
        {
            ToolConsole.Complain(exception.Message);
            return ExitCode.Failure;
        }
    }
}
