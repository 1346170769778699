using System.CommandLine;
using System.Text.Json;
using DmaBuf.Linux;
using Spectre.Console;

namespace DmaBuf.Tool;

/// <summary><c>dmabuf doctor</c>: what this machine offers to this user, and the one command or setting that would change what it does not.</summary>
internal sealed class DoctorCommand : ToolCommand
{
    private readonly Option<string?> _require = new("--require")
    {
        Description = "Exit with 1 unless all of these can be used: areas or names, separated by commas.",
        HelpName = "heap,udmabuf",
    };

    private readonly Option<string> _root = new("--root")
    {
        Description = "Look at the machine below this directory instead of at the running one (its dev, proc, sys, boot and etc).",
        HelpName = "DIRECTORY",
        DefaultValueFactory = static _ => "/",
    };

    internal DoctorCommand()
        : base(
            "doctor",
            "Examines what this machine offers, by trying it, and says which command or setting would change what does not work.",
            "dmabuf doctor",
            "dmabuf doctor --require heap,udmabuf && run-the-tests",
            "dmabuf doctor --json")
    {
        Options.Add(_require);
        Options.Add(_root);
    }

    internal override Task<int> RunAsync(ToolConsole console, ParseResult arguments, CancellationToken cancellationToken)
    {
        string[] required = (arguments.GetValue(_require) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (required.FirstOrDefault(static name => !DoctorReport.Areas.Contains(name.Split(':')[0])) is { } unknown)
        {
            throw new BadUseException($"'{Printable.Of(unknown)}' is nothing that the doctor examines; --require takes {string.Join(", ", DoctorReport.Areas)}, or one of these with a name, such as heap:system");
        }

        string root = arguments.GetRequiredValue(_root);
        DoctorReport report = MachineDoctor.Examine(new()
        {
            DeviceRoot = Path.Combine(root, "dev"),
            ProcessRoot = Path.Combine(root, "proc"),
            SystemRoot = Path.Combine(root, "sys"),
            FileRoot = root,
        });
        string[] missing = [.. required.Where(name => !report.IsUsable(name))];
        if (arguments.GetValue(Json))
        {
            console.WriteJson(json => WriteJson(json, report, missing));
        }
        else
        {
            Write(console, report);
        }

        if (missing.Length == 0)
        {
            return Task.FromResult(ExitCode.Success);
        }

        ToolConsole.Complain($"required and not usable: {string.Join(", ", missing)}");
        return Task.FromResult(ExitCode.Failure);
    }

    private static void Write(ToolConsole console, DoctorReport report)
    {
        console.Line($"Linux {Printable.Of(report.KernelRelease)}, configuration {(report.KernelConfiguration is { } source ? $"in {source}" : "not readable")}");
        int width = report.Checks.Max(static check => Printable.Of(check.Name).Length);
        foreach (DoctorCheck check in report.Checks)
        {
            string name = Printable.Of(check.Name).PadRight(width).EscapeMarkup();
            console.Markup($"[{Colour(check.State)}]{Word(check.State).PadRight(9)}[/] {name}  {Printable.Of(check.Detail).EscapeMarkup()}");
            if (check.Remedy is { } remedy)
            {
                console.Markup($"{new string(' ', 9 + 1 + width + 2)}[bold]->[/] {Printable.Of(remedy).EscapeMarkup()}");
            }
        }
    }

    private static void WriteJson(Utf8JsonWriter json, DoctorReport report, string[] missing)
    {
        json.WriteString("kernel", report.KernelRelease);
        json.WriteString("configuration", report.KernelConfiguration);
        json.WriteStartArray("checks");
        foreach (DoctorCheck check in report.Checks)
        {
            json.WriteStartObject();
            json.WriteString("area", check.Area);
            json.WriteString("name", check.Name);
            json.WriteString("state", Word(check.State));
            json.WriteBoolean("usable", check.IsUsable);
            json.WriteString("detail", check.Detail);
            json.WriteString("remedy", check.Remedy);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("requiredAndMissing");
        foreach (string name in missing)
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
    }

    private static string Word(DoctorState state) => state switch
    {
        DoctorState.Works => "works",
        DoctorState.Limited => "limited",
        DoctorState.Missing => "missing",
        DoctorState.Forbidden => "forbidden",
        DoctorState.Failing => "failing",
        _ => "untested",
    };

    private static string Colour(DoctorState state) => state switch
    {
        DoctorState.Works => "green",
        DoctorState.Limited or DoctorState.Untested => "yellow",
        _ => "red",
    };
}
