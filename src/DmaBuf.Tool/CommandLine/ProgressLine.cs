using Spectre.Console;

namespace DmaBuf.Tool;

/// <summary>Runs long work on another thread, with a moving bar on a terminal and without one elsewhere.</summary>
internal static class ProgressLine
{
    internal static Task<T> RunAsync<T>(ToolConsole console, bool show, string label, ulong total, Func<Action<ulong>, T> work, CancellationToken cancellationToken)
    {
        if (!show || !console.IsTerminal)
        {
            return Task.Run(() => work(static _ => { }), cancellationToken);
        }

        return console.Output.Progress().AutoClear(true).StartAsync(context =>
        {
            ProgressTask bar = context.AddTask(label.EscapeMarkup(), maxValue: total);
            return Task.Run(() => work(amount => bar.Increment(amount)), cancellationToken);
        });
    }
}
