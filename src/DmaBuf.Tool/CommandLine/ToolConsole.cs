using System.Text;
using System.Text.Json;
using Spectre.Console;

namespace DmaBuf.Tool;

/// <summary>
/// Where the tool prints. Colour and progress bars appear on a terminal only, and never if <c>NO_COLOR</c> is set (https://no-color.org); off a terminal lines
/// are not wrapped, so that other programs can read them.
/// </summary>
internal sealed class ToolConsole
{
    private const int UnwrappedWidth = 400;

    internal ToolConsole(IAnsiConsole output, bool isTerminal)
    {
        Output = output;
        IsTerminal = isTerminal;
    }

    /// <summary>Text and tables for people, on standard output.</summary>
    internal IAnsiConsole Output { get; }

    /// <summary>Standard output is a terminal, so that a bar that moves makes sense.</summary>
    internal bool IsTerminal { get; }

    internal static ToolConsole Open()
    {
        bool terminal = !Console.IsOutputRedirected;
        bool colour = terminal && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        IAnsiConsole output = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = terminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = colour ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = terminal ? InteractionSupport.Detect : InteractionSupport.No,
            Out = new AnsiConsoleOutput(Console.Out),
        });
        if (!terminal)
        {
            output.Profile.Width = UnwrappedWidth;
        }

        return new ToolConsole(output, terminal);
    }

    /// <summary>One line of plain text; never wrapped, markup characters mean themselves.</summary>
    internal void Line(string text = "") => Output.Profile.Out.Writer.WriteLine(text);

    /// <summary>One line in Spectre's markup; values that came from outside must be escaped.</summary>
    internal void Markup(string markup) => Output.Write(new Markup(markup + "\n").Overflow(Overflow.Fold));

    /// <summary>One JSON object on standard output.</summary>
    internal void WriteJson(Action<Utf8JsonWriter> members)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        Line(Encoding.UTF8.GetString(stream.ToArray()));
    }

    /// <summary>One line on standard error, in the form that every command of a shell uses.</summary>
    internal static void Complain(string text) => Console.Error.WriteLine($"dmabuf: {text}");
}
