using System.Text.Json;
using DmaBuf.Linux;
using Spectre.Console;

namespace DmaBuf.Tool.Tests;

/// <summary><c>dmabuf top</c>: so many snapshots off a terminal, in place on one, and the terminal as it was afterwards.</summary>
public sealed class TopTests : BufferMachine
{
    private const string Enter = "\e[?1049h\e[?25l";
    private const string Leave = "\e[?25h\e[?1049l\e[?1l\e>";

    [Fact]
    public async Task Off_a_terminal_it_prints_one_snapshot_or_as_many_as_were_asked_for()
    {
        Assert.Single(Totals((await RunAsync("top")).Output));
        Assert.Equal(3, Totals((await RunAsync("top", "--count", "3", "--interval", "0.05")).Output).Count());
    }

    [Fact]
    public async Task As_JSON_each_snapshot_is_a_line()
    {
        ToolResult result = await RunAsync("top", "--count", "2", "--interval", "0.05", "--json");
        result.AssertSuccess();
        string[] lines = result.Output.TrimEnd().Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.All(lines, static line =>
        {
            using JsonDocument document = JsonDocument.Parse(line);
            Assert.Equal(3, document.RootElement.GetProperty("objects").GetInt32());
        });
    }

    [Fact]
    public async Task Ctrl_C_ends_it_with_130()
    {
        using ToolRun run = ToolRun.Start(Arguments("top", "--count", "1000000", "--interval", "3600"));
        await run.LineAsync("3 buffers");
        run.Signal(ToolRun.Interrupt);
        Assert.Equal(130, (await run.FinishAsync()).ExitCode);
    }

    [Fact]
    public async Task Q_ends_it_on_a_terminal_and_restores_the_first_screen()
    {
        using StringWriter output = new();
        int asked = 0;
        await new TopScreen(Terminal(output), key => key == ConsoleKey.Q && ++asked == 2).RunAsync(Next, TimeSpan.FromHours(1), null, TestContext.Current.CancellationToken);
        string text = output.ToString();
        Assert.StartsWith(Enter, text, StringComparison.Ordinal);
        Assert.EndsWith(Leave, text, StringComparison.Ordinal);
        Assert.Contains("frame", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\e[31m", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_or_a_cancellation_restores_the_first_screen_too()
    {
        using StringWriter output = new();
        await Assert.ThrowsAsync<DmaBufException>(() => new TopScreen(Terminal(output), static _ => false)
            .RunAsync(static () => throw new DmaBufException(Errno.ENOENT, "gone"), TimeSpan.FromHours(1), null, TestContext.Current.CancellationToken));
        Assert.EndsWith(Leave, output.ToString(), StringComparison.Ordinal);
        using CancellationTokenSource source = new();
        await source.CancelAsync();
        using StringWriter other = new();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new TopScreen(Terminal(other), static _ => false).RunAsync(Next, TimeSpan.FromHours(1), null, source.Token));
        Assert.EndsWith(Leave, other.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_small_screen_shows_the_first_and_says_how_many_are_below()
    {
        using StringWriter output = new();
        ToolConsole console = Terminal(output);
        console.Output.Profile.Height = 11;
        await new TopScreen(console, static _ => false).RunAsync(Next, TimeSpan.FromMilliseconds(1), 2, TestContext.Current.CancellationToken);
        Assert.Equal(2, output.ToString().Split("and 1 more below").Length - 1);
    }

    private static IEnumerable<string> Totals(string output) => output.Split('\n').Where(static line => line.StartsWith("3 buffers, ", StringComparison.Ordinal));

    private static ToolConsole Terminal(StringWriter output)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            Interactive = InteractionSupport.Yes,
            ColorSystem = ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(output),
        });
        console.Profile.Width = 160;
        return new ToolConsole(console, true);
    }

    private (KernelBufferSnapshot Snapshot, IReadOnlyList<KernelBufferRecord> Sorted) Next()
    {
        KernelBufferSnapshot snapshot = KernelBufferSnapshot.Take(new() { ProcessRoot = At("proc"), SystemRoot = At("sys") });
        return (snapshot, snapshot.Buffers);
    }
}
