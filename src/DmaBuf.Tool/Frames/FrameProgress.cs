using System.Globalization;
using Spectre.Console;

namespace DmaBuf.Tool;

/// <summary>Watches frames go by: on a terminal a bar with the rates of the last moment, elsewhere nothing.</summary>
internal static class FrameProgress
{
    private const int BarWidth = 24;
    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(250);

    /// <param name="console">Where the bar moves, if it is a terminal.</param>
    /// <param name="show">Whether it may appear at all.</param>
    /// <param name="total">How many frames there will be; null if nobody knows: then the bar only moves to and fro.</param>
    /// <param name="counters">What was done so far.</param>
    /// <param name="latencies">Shown as percentiles, if there are any.</param>
    /// <param name="note">More words, asked for each time.</param>
    /// <param name="work">What is waited for.</param>
    internal static async Task WatchAsync(ToolConsole console, bool show, ulong? total, FrameCounters counters, LatencyHistogram? latencies, Func<string> note, Task work)
    {
        if (show && console.IsTerminal)
        {
            ProgressColumn[] columns = [new ProgressBarColumn { Width = BarWidth }, new TaskDescriptionColumn { Alignment = Justify.Left }];
            await console.Output.Progress().AutoClear(true).Columns(columns).StartAsync(async context =>
            {
                ProgressTask bar = context.AddTask("waiting", maxValue: total ?? 1);
                bar.IsIndeterminate = total is null;
                do
                {
                    bar.Value = total is null ? 0 : counters.Frames;
                    bar.Description = Describe(counters, latencies, note()).EscapeMarkup();
                }
                while (await Task.WhenAny(work, Task.Delay(s_step)).ConfigureAwait(false) != work);
            }).ConfigureAwait(false);
        }

        await work.ConfigureAwait(false);
    }

    /// <summary>Frames, rates and percentiles on one line.</summary>
    internal static string Describe(FrameCounters counters, LatencyHistogram? latencies, string note)
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"{counters.Frames} frames, {Rates(counters)}");
        text += latencies is { Count: > 0 } ? $", {Percentiles(latencies)}" : string.Empty;
        return note.Length == 0 ? text : $"{text}, {note}";
    }

    internal static string Rates(FrameCounters counters)
        => string.Create(CultureInfo.InvariantCulture, $"{counters.FramesPerSecond:0.#} frames/s, {counters.GigabytesPerSecond:0.000} GB/s");

    internal static string Percentiles(LatencyHistogram latencies)
        => $"p50 {Time(latencies.Percentile(0.5))}, p99 {Time(latencies.Percentile(0.99))}, p99.9 {Time(latencies.Percentile(0.999))}";

    /// <summary>Nanoseconds as people read them.</summary>
    internal static string Time(long nanoseconds) => nanoseconds < 10_000
        ? string.Create(CultureInfo.InvariantCulture, $"{nanoseconds} ns")
        : Text.Time(TimeSpan.FromTicks(nanoseconds / (1_000_000_000 / TimeSpan.TicksPerSecond)));
}
