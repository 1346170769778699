using Spectre.Console;

namespace DmaBuf.Tool.Tests;

/// <summary>A bar for what takes long, on a terminal, and nothing otherwise.</summary>
public sealed class ProgressLineTests : IDisposable
{
    private readonly FirstWrite _output = new();

    public void Dispose() => _output.Dispose();

    [Fact]
    public async Task Long_work_shows_a_bar_on_a_terminal_and_takes_it_away()
    {
        // The work ends when the bar was seen, so this waits exactly as long as a user would.
        int answer = await ProgressLine.RunAsync(Terminal(true), show: true, "copy", 10, progress => Work(progress), TestContext.Current.CancellationToken);
        Assert.Equal(42, answer);
        Assert.Contains("copy", _output.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("\e[?25h", _output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Where_no_bar_may_be_nothing_is_written(bool terminal, bool show)
    {
        await ProgressLine.RunAsync(Terminal(terminal), show, "copy", 10, static _ => 1, TestContext.Current.CancellationToken);
        Assert.Equal(string.Empty, _output.ToString());
    }

    [Fact]
    public async Task Short_work_shows_nothing()
    {
        await ProgressLine.RunAsync(Terminal(true), show: true, "copy", 10, static _ => 1, TestContext.Current.CancellationToken);
        Assert.Equal(string.Empty, _output.ToString());
    }

    [Fact]
    public async Task What_the_work_threw_arrives()
        => await Assert.ThrowsAsync<BadUseException>(() => ProgressLine.RunAsync<int>(
            Terminal(true), show: true, "copy", 10, static _ => throw new BadUseException("no"), TestContext.Current.CancellationToken));

    private int Work(Action<ulong> progress)
    {
        progress(5);
        Assert.True(_output.Written.Wait(TimeSpan.FromSeconds(60)), "No bar appeared.");
        return 42;
    }

    private ToolConsole Terminal(bool isTerminal) => new(
        AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            Interactive = InteractionSupport.Yes,
            ColorSystem = ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(_output),
        }),
        isTerminal);

    private sealed class FirstWrite : StringWriter
    {
        internal ManualResetEventSlim Written { get; } = new();

        public override void Write(string? value)
        {
            base.Write(value);
            if (value?.Contains("copy", StringComparison.Ordinal) == true)
            {
                Written.Set();
            }
        }

        protected override void Dispose(bool disposing)
        {
            Written.Dispose();
            base.Dispose(disposing);
        }
    }
}
