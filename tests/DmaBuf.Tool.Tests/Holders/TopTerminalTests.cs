namespace DmaBuf.Tool.Tests;

/// <summary><c>dmabuf top</c> on a real terminal: what it shows, what ends it, and how it leaves the terminal.</summary>
public sealed class TopTerminalTests : BufferMachine
{
    private const string Enter = "\e[?1049h\e[?25l";
    private const string Leave = "\e[?25h\e[?1049l\e[?1l\e>";
    private const string Home = "\e[H\e[2J";
    private const char ControlC = '\x03';

    [Fact]
    public void It_redraws_in_place_until_q_and_leaves_the_terminal_as_it_was()
    {
        using PseudoTerminal terminal = Open(120, 30, "0.1");
        int first = terminal.Until(Home, terminal.Until(Enter));
        int second = terminal.Until(Home, terminal.Until("frame", first));
        AddBuffer(10, 5, 60, 4096, "system", "later");
        terminal.Until("later", second);
        Assert.NotEqual(terminal.Before, terminal.Settings()); // keys are not shown and need no Enter
        terminal.Type('q');
        Assert.Equal(0, terminal.WaitForExit());
        AssertLeft(terminal);
        Assert.Equal(1, Count(terminal.Shown, Enter));
    }

    [Fact]
    public void Ctrl_C_ends_it_with_130_and_leaves_the_terminal_as_it_was()
    {
        using PseudoTerminal terminal = Open(120, 30, "3600");
        terminal.Until("frame");
        terminal.Type(ControlC);
        Assert.Equal(130, terminal.WaitForExit());
        AssertLeft(terminal);
    }

    [Fact]
    public void Another_size_of_the_window_is_drawn_for_at_once()
    {
        using PseudoTerminal terminal = Open(120, 30, "3600");
        int drawn = terminal.Until("frame");
        terminal.Resize(120, 11);
        drawn = terminal.Until("and 1 more below", terminal.Until(Home, drawn));
        terminal.Resize(200, 50);
        terminal.Until("53", terminal.Until(Home, drawn));
        terminal.Type('q');
        Assert.Equal(0, terminal.WaitForExit());
        AssertLeft(terminal);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(8, 3)]
    [InlineData(40, 4)]
    [InlineData(300, 2)]
    [InlineData(20, 12)]
    public void A_tiny_window_never_scrolls(int columns, int rows)
    {
        using PseudoTerminal terminal = Open(120, 30, "3600");
        int drawn = terminal.Until("frame");
        terminal.Resize(columns, rows);
        drawn = terminal.Until(Home, drawn);
        terminal.Resize(120, 30);
        int next = terminal.Until(Home, drawn);
        string tiny = terminal.Shown[drawn..(next - Home.Length)];
        Assert.InRange(Count(tiny, "\n"), 0, rows - 1);
        Assert.NotEmpty(tiny);
        terminal.Until("frame", next);
        terminal.Type('q');
        Assert.Equal(0, terminal.WaitForExit());
        AssertLeft(terminal);
    }

    private PseudoTerminal Open(int columns, int rows, string interval) => new(columns, rows, Arguments("top", "--interval", interval));

    private static void AssertLeft(PseudoTerminal terminal)
    {
        Assert.Equal(terminal.Before, terminal.SettingsAtEnd);
        int left = terminal.Shown.LastIndexOf(Leave, StringComparison.Ordinal);
        Assert.True(left >= 0, terminal.Shown);
        Assert.DoesNotContain("\e[?25l", terminal.Shown[left..], StringComparison.Ordinal);
        Assert.DoesNotContain("\e[?1h", terminal.Shown[left..], StringComparison.Ordinal);
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
