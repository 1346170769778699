using Spectre.Console;

namespace DmaBuf.Tool;

/// <summary>Runs long work on another thread. On a terminal a bar appears once it has taken a second; elsewhere nothing does.</summary>
internal static class ProgressLine
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(100);

    /// <param name="console">Where the bar moves, if it is a terminal.</param>
    /// <param name="show">Whether it may appear at all.</param>
    /// <param name="label">What is being done.</param>
    /// <param name="total">How much there is to do.</param>
    /// <param name="work">Calls its argument with how much more was done; must watch the token itself.</param>
    /// <param name="cancellationToken">Keeps the work from being begun.</param>
    internal static async Task<T> RunAsync<T>(ToolConsole console, bool show, string label, ulong total, Func<Action<ulong>, T> work, CancellationToken cancellationToken)
    {
        ulong done = 0;
        Task<T> working = Task.Run(() => work(amount => Interlocked.Add(ref done, amount)), cancellationToken);
        if (show && console.IsTerminal && !await EndsWithinAsync(working, s_patience).ConfigureAwait(false))
        {
            await console.Output.Progress().AutoClear(true).StartAsync(async context =>
            {
                ProgressTask bar = context.AddTask(label.EscapeMarkup(), maxValue: total);
                do
                {
                    bar.Value = Interlocked.Read(ref done);
                }
                while (!await EndsWithinAsync(working, s_step).ConfigureAwait(false));
            }).ConfigureAwait(false);
        }

        return await working.ConfigureAwait(false);
    }

    /// <summary>Whether it ended, in whichever way.</summary>
    private static async Task<bool> EndsWithinAsync(Task working, TimeSpan limit)
        => await Task.WhenAny(working, Task.Delay(limit)).ConfigureAwait(false) == working;
}
