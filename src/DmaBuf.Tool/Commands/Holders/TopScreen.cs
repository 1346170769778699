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
    private const string Leave = "\e[?25h\e[?1049l";
    private const string Home = "\e[H\e[2J";

    /// <summary>Lines of the screen that are not the table's rows: its frame and title, the heading, the totals, what is hidden.</summary>
    private const int OtherLines = 9;

    private static readonly TimeSpan s_keyPatience = TimeSpan.FromMilliseconds(50);

    internal async Task RunAsync(
        Func<(KernelBufferSnapshot Snapshot, IReadOnlyList<KernelBufferRecord> Sorted)> next, TimeSpan interval, int? count, CancellationToken cancellationToken)
    {
        Write(Enter);
        try
        {
            for (int number = 1; ; number++)
            {
                Draw(next(), interval);
                if (number == count || await EndsWithinAsync(interval, cancellationToken).ConfigureAwait(false))
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

    private void Draw((KernelBufferSnapshot Snapshot, IReadOnlyList<KernelBufferRecord> Sorted) now, TimeSpan interval)
    {
        int room = Math.Max(1, console.Output.Profile.Height - OtherLines);
        Write(Home);
        console.Output.Write(Heading(now.Snapshot, interval));
        console.Output.Write(BufferTable.Bordered([.. now.Sorted.Take(room)]));
        if (now.Sorted.Count > room)
        {
            console.Line(string.Create(CultureInfo.InvariantCulture, $"and {now.Sorted.Count - room} more below"));
        }

        foreach (string note in HiddenNotes.Of(now.Snapshot))
        {
            console.Output.Write(new Spectre.Console.Text(note + "\n").Overflow(Overflow.Ellipsis));
        }
    }

    private static Spectre.Console.Text Heading(KernelBufferSnapshot snapshot, TimeSpan interval) => new Spectre.Console.Text(string.Create(
        CultureInfo.InvariantCulture, $"{snapshot.TakenAt.ToLocalTime():HH:mm:ss}  {BufferTable.Totals(snapshot)}  every {interval.TotalSeconds:0.##} s, q ends\n"));

    private async Task<bool> EndsWithinAsync(TimeSpan interval, CancellationToken cancellationToken)
    {
        for (long begin = Environment.TickCount64; Environment.TickCount64 - begin < interval.TotalMilliseconds;)
        {
            if (isKeyPressed(ConsoleKey.Q))
            {
                return true;
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
