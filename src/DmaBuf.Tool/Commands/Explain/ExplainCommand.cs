using System.CommandLine;
using Spectre.Console;

namespace DmaBuf.Tool;

/// <summary><c>dmabuf explain FILE.json</c>: negotiates what a file describes, without attaching, and shows what both sides said about every pair.</summary>
internal sealed class ExplainCommand : ToolCommand
{
    private const int MaximumCharacters = 1 << 20;

    private readonly Argument<string> _file = new("FILE.json") { Description = "The description (docs/negotiation-json.md); - reads standard input." };

    internal ExplainCommand()
        : base(
            "explain",
            "Explains a negotiation that a JSON file describes, without attaching.",
            "dmabuf explain samples/negotiations/peer-to-peer-refused.json",
            "dmabuf explain samples/negotiations/memfd-to-program.json --json",
            "cat negotiation.json | dmabuf explain -")
        => Arguments.Add(_file);

    internal override async Task<int> RunAsync(ToolConsole console, ParseResult arguments, CancellationToken cancellationToken)
    {
        string name = arguments.GetRequiredValue(_file);
        // On another thread: opening a pipe or reading a terminal waits for somebody, and Ctrl-C must end that wait.
        string text = await Task.Run(() => Read(name), cancellationToken).WaitAsync(cancellationToken).ConfigureAwait(false);
        Negotiation negotiation = Replay(name, text);
        if (arguments.GetValue(Json))
        {
            console.Line(NegotiationJson.Write(negotiation));
        }
        else
        {
            Show(console, negotiation);
        }

        return ExitCode.Success;
    }

    private static Negotiation Replay(string name, string text)
    {
        try
        {
            return NegotiationReplay.Run(text, NegotiationReplay.StandardCodecs);
        }
        catch (DmaBufException exception) when (exception.Errno == Errno.EINVAL)
        {
            throw new BadUseException($"{(name == "-" ? "standard input" : name)}: {exception.Message.ReplaceLineEndings(" ")} See docs/negotiation-json.md for the form.");
        }
    }

    private static string Read(string name)
    {
        using TextReader reader = name == "-" ? Console.In : OpenFile(name);
        char[] buffer = new char[MaximumCharacters + 1];
        int length = reader.ReadBlock(buffer);
        return length <= MaximumCharacters
            ? new string(buffer, 0, length)
            : throw new BadUseException($"{name} is longer than {MaximumCharacters} characters, which no description of a negotiation is; give another file");
    }

    private static StreamReader OpenFile(string name)
    {
        if (name.Length == 0 || Directory.Exists(name))
        {
            throw new BadUseException($"'{name}' is {(name.Length == 0 ? "no file name" : "a directory")}; give the path of a JSON file");
        }

        try
        {
            return new StreamReader(name);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new BadUseException($"{name} cannot be read ({exception.Message.ReplaceLineEndings(" ")}); give the path of a JSON file");
        }
    }

    private static void Show(ToolConsole console, Negotiation negotiation)
    {
        foreach (string line in negotiation.ToString().Split('\n'))
        {
            console.Markup(Colour(line) is { } colour ? $"[{colour}]{line.EscapeMarkup()}[/]" : line.EscapeMarkup());
        }
    }

    private static string? Colour(string line) => line.StartsWith("agreed on", StringComparison.Ordinal) ? "bold green"
        : line.StartsWith("refused with", StringComparison.Ordinal) ? "bold red"
        : line.StartsWith("  would help", StringComparison.Ordinal) ? "yellow"
        : null;
}
