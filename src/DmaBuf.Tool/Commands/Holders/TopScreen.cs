using System.Globalization;
using DmaBuf.Linux;
using Spectre.Console;

namespace DmaBuf.Tool;

/// <summary>A list that is drawn anew in place, on the terminal's second screen, so that what was on the first is there again afterwards, however it ends.</summary>
/// <param name="console">A terminal.</param>
/// <param name="isKeyPressed">Whether the user has pressed this key since it was last asked.</param>
internal sealed class TopScreen(ToolConsole console, Func<ConsoleKey, bool> isKeyPressed)
{
    private const string Enter = "\e[?1049h\e[?25l";

    /// <summary>The end of it takes the keypad out of the mode into which the runtime puts it, and in which it would leave it.</summary>
    private const string Leave = "\e[?25h\e[?1049l\e[?1l\e>";
    private const string Home = "\e[H\e[2J";

    /// <summary>Lines of the screen that are not the table's rows: its frame and title, the heading, the totals, what is hidden.</summary>
    private const int OtherLines = 9;

    private static readonly TimeSpan s_keyPatience = TimeSpan.FromMilliseconds(50);

    private (int Width, int Height) _drawn;

    private (int Width, int Height) Size => (console.Output.Profile.Width, console.Output.Profile.Height);

    internal async Task RunAsync(
        Func<(KernelBufferSnapshot Snapshot, IReadOnlyList<KernelBufferRecord> Sorted)> next, TimeSpan interval, int? count, CancellationToken cancellationToken)
    {
        Write(Enter);
        try
        {
            for (int number = 1; ; number++)
            {
                (KernelBufferSnapshot, IReadOnlyList<KernelBufferRecord>) now = next();
                Draw(now, interval);
                if (number == count || await EndsWithinAsync(now, interval, cancellationToken).ConfigureAwait(false))
                {
                    return;
                }
            }
        }
        finally
        {
            Write(Leave);
        }
    }

    /// <summary>Never more lines than the window has: a terminal that scrolls would show the end, and the beginning of it matters.</summary>
    private void Draw((KernelBufferSnapshot Snapshot, IReadOnlyList<KernelBufferRecord> Sorted) now, TimeSpan interval)
    {
        _drawn = Size;
        int room = Math.Max(1, _drawn.Height - OtherLines);
        List<string> lines =
        [
            .. Lines(Line(Heading(now.Snapshot, interval))),
            .. Lines(BufferTable.Bordered([.. now.Sorted.Take(room)])),
            .. now.Sorted.Count > room ? Lines(Line(string.Create(CultureInfo.InvariantCulture, $"and {now.Sorted.Count - room} more below"))) : [],
            .. HiddenNotes.Of(now.Snapshot).SelectMany(note => Lines(Line(note))),
        ];
        Write(Home + string.Join("\r\n", lines.Take(Math.Max(1, _drawn.Height))));
    }

    private static string Heading(KernelBufferSnapshot snapshot, TimeSpan interval) => string.Create(
        CultureInfo.InvariantCulture, $"{snapshot.TakenAt.ToLocalTime():HH:mm:ss}  {BufferTable.Totals(snapshot)}  every {interval.TotalSeconds:0.##} s, q ends");

    private static Spectre.Console.Text Line(string text) => new Spectre.Console.Text(text).Overflow(Overflow.Ellipsis);

    private string[] Lines(Spectre.Console.Rendering.IRenderable part) => console.Output.ToAnsi(part).TrimEnd('\n').Split('\n');

    /// <summary>Ends when the user wants it or when it is time for the next; when the window has another size it draws the same again.</summary>
    private async Task<bool> EndsWithinAsync(
        (KernelBufferSnapshot Snapshot, IReadOnlyList<KernelBufferRecord> Sorted) now, TimeSpan interval, CancellationToken cancellationToken)
    {
        for (long begin = Environment.TickCount64; Environment.TickCount64 - begin < interval.TotalMilliseconds;)
        {
            if (isKeyPressed(ConsoleKey.Q))
            {
                return true;
            }

            if (Size != _drawn)
            {
                Draw(now, interval);
            }

            await Task.Delay(interval < s_keyPatience ? interval : s_keyPatience, cancellationToken).ConfigureAwait(false);
        }

        return isKeyPressed(ConsoleKey.Q);
    }

    private void Write(string sequence)
    {
        console.Output.Profile.Out.Writer.Write(sequence);
        console.Output.Profile.Out.Writer.Flush();
    }
}
