using System.CommandLine;
using DmaBuf.Linux;
using DmaBuf.Machine;
using Spectre.Console;

namespace DmaBuf.Tool;

/// <summary>
/// <c>dmabuf explain FILE.json</c>: negotiates what a file describes, without attaching, and shows what both sides said about every pair. With two PCI addresses instead: how one function of
/// this machine reaches the other's memory.
/// </summary>
internal sealed class ExplainCommand : ToolCommand
{
    private readonly Argument<string?> _file = new("FILE.json")
    {
        Description = "The description (docs/negotiation-json.md); - reads standard input.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _machine = new("--machine") { Description = "Instead of a description: a machine's file (docs/machine-json.md); - reads standard input.", HelpName = "FILE" };
    private readonly Option<string?> _from = new("--from") { Description = "The PCI function whose memory is reached, such as 0000:01:00.0; with --machine the exporter: ram, physical-ram, or a BAR such as gpu:0.", HelpName = "EXPORTER" };
    private readonly Option<string?> _to = new("--to") { Description = "The PCI function that reaches for it; with --machine the importer, one of its engines.", HelpName = "IMPORTER" };

    private readonly Option<string> _system = new("--sys") { Description = "Where sysfs is mounted, for PCI functions.", HelpName = "DIRECTORY", DefaultValueFactory = static _ => PciTree.DefaultRoot };

    internal ExplainCommand()
        : base(
            "explain",
            "Explains a negotiation that a JSON file describes, or one between two parts of a machine, without attaching; or how PCI functions of this machine reach each other.",
            "dmabuf explain samples/negotiations/peer-to-peer-refused.json",
            "dmabuf explain samples/negotiations/memfd-to-program.json --json",
            "cat negotiation.json | dmabuf explain -",
            "dmabuf explain --machine samples/machines/server-acs.json --from gpu:0 --to nic",
            "sudo dmabuf explain --from 0000:01:00.0 --to 0000:04:00.0")
    {
        Arguments.Add(_file);
        Options.Add(_machine);
        Options.Add(_from);
        Options.Add(_to);
        Options.Add(_system);
    }

    internal override async Task<int> RunAsync(ToolConsole console, ParseResult arguments, CancellationToken cancellationToken)
    {
        if ((arguments.GetValue(_file), arguments.GetValue(_machine), arguments.GetValue(_from), arguments.GetValue(_to)) is (null, null, { } from, { } to))
        {
            ExplainRoute(console, arguments, from, to);
            return ExitCode.Success;
        }

        Negotiation negotiation = await NegotiateAsync(arguments, cancellationToken).ConfigureAwait(false);
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

    private async Task<Negotiation> NegotiateAsync(ParseResult arguments, CancellationToken cancellationToken)
        => (arguments.GetValue(_file), arguments.GetValue(_machine), arguments.GetValue(_from), arguments.GetValue(_to)) switch
        {
            ({ } file, null, null, null) => Replay(file, await DescriptionFile.ReadAsync(file, cancellationToken).ConfigureAwait(false)),
            (null, { } machine, { } from, { } to) => Ask(await MachineFile.LoadAsync(machine, cancellationToken).ConfigureAwait(false), from, to),
            _ => throw new BadUseException("give a description, or --machine, --from and --to together, or --from and --to with PCI addresses; run 'dmabuf explain --help' for what it takes and examples"),
        };

    private void ExplainRoute(ToolConsole console, ParseResult arguments, string from, string to)
    {
        PciTree tree = PciTree.Read(arguments.GetRequiredValue(_system));
        RouteExplanation route = new(Find(tree, from), Find(tree, to));
        if (arguments.GetValue(Json))
        {
            console.WriteJson(route.Write);
        }
        else
        {
            route.Show(console);
        }
    }

    private static SysfsPciDevice Find(PciTree tree, string address)
    {
        try
        {
            return tree.Find(address);
        }
        catch (DmaBufException exception) when (exception.Errno == Errno.EINVAL)
        {
            throw new BadUseException(exception.Message.ReplaceLineEndings(" "));
        }
    }

    private static Negotiation Ask(SoftwareMachine machine, string from, string to)
    {
        DescribedMachineMatrix parts = new(machine);
        using MatrixBuffer exported = parts.ExporterOf(from).Export();
        MatrixImporter importer = parts.ImporterOf(to);
        return exported.Buffer.Explain(importer.Party, importer.Requests);
    }

    private static Negotiation Replay(string name, string text)
    {
        try
        {
            return NegotiationReplay.Run(text, NegotiationReplay.StandardCodecs);
        }
        catch (DmaBufException exception) when (exception.Errno == Errno.EINVAL)
        {
            throw new BadUseException($"{DescriptionFile.Title(name)}: {exception.Message.ReplaceLineEndings(" ")} See docs/negotiation-json.md for the form.");
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
