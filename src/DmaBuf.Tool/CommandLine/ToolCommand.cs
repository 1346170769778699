using System.CommandLine;

namespace DmaBuf.Tool;

/// <summary>One command of the tool: its arguments, its examples, and what it does.</summary>
internal abstract class ToolCommand : Command
{
    protected ToolCommand(string name, string description, params string[] examples)
        : base(name, description)
    {
        Examples = examples;
        Options.Add(Json);
    }

    /// <summary>Whole command lines that <c>--help</c> shows.</summary>
    internal IReadOnlyList<string> Examples { get; }

    /// <summary>Asks for JSON on standard output and nothing else there.</summary>
    protected Option<bool> Json { get; } = new("--json") { Description = "Print one JSON object instead of text." };

    /// <summary>Does the work. Gives everything back before it returns or throws, cancelled or not.</summary>
    /// <returns>The exit code.</returns>
    internal abstract Task<int> RunAsync(ToolConsole console, ParseResult arguments, CancellationToken cancellationToken);
}
