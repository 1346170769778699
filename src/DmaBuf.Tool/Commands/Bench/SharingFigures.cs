using System.Text.Json;

namespace DmaBuf.Tool;

/// <summary>What a case gave. Latencies are, for each percentile, those of the subscriber that waited longest.</summary>
internal sealed record SharingFigures(SharingCase Case, double FramesPerSecond, double GigabytesPerSecond, long P50, long P99, long P999, long Most)
{
    /// <summary>Runs one case: a channel here, and its subscribers as processes of their own.</summary>
    internal static async Task<SharingFigures> MeasureAsync(SharingCase one, CancellationToken cancellationToken)
    {
        using StillSource source = new(one.FrameBytes);
        using Linux.DescriptorListener listener = ShareCommand.Listen(null);
        using CancellationTokenSource closing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        FrameBroadcast broadcast = new(source, new FrameBroadcastOptions
        {
            Policy = Sharing.SlowSubscriberPolicy.Block,
            Timeout = TimeSpan.FromSeconds(60),
            Buffers = 8,
            Subscribers = one.Subscribers,
            Count = one.Frames,
            FramesPerSecond = one.FramesPerSecond,
        });
        Task admitting = broadcast.AdmitAsync(listener, closing.Token);
        List<SecondProcess> processes = [];
        try
        {
            try
            {
                for (int i = 0; i < one.Subscribers; i++)
                {
                    processes.Add(Start(one, listener.Address));
                }

                await PublishAsync(broadcast, processes, closing.Token).ConfigureAwait(false);
            }
            finally
            {
                broadcast.Dispose();
                await closing.CancelAsync().ConfigureAwait(false);
                await admitting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            List<string> reports = [];
            foreach (SecondProcess process in processes)
            {
                reports.Add(await process.FinishAsync(cancellationToken).ConfigureAwait(false));
            }

            return Collect(one, broadcast.Counters, reports);
        }
        finally
        {
            processes.ForEach(static process => process.Dispose());
        }
    }

    private static SecondProcess Start(SharingCase one, string address) => new(
        ["share", "--subscribe", address, "--json", "--skip", $"{one.WarmUp}", "--spin", one.SpinMicroseconds, .. (ReadOnlySpan<string>)(one.Reads ? [] : ["--no-verify"])]);

    /// <summary>A subscriber that ends before the publisher has failed.</summary>
    private static async Task PublishAsync(FrameBroadcast broadcast, List<SecondProcess> processes, CancellationToken cancellationToken)
    {
        Task publishing = broadcast.PublishAsync(cancellationToken);
        Task<Task> firstEnd = Task.WhenAny(processes.Select(process => process.EndedAsync(cancellationToken)));
        if (await Task.WhenAny(publishing, firstEnd).ConfigureAwait(false) != publishing)
        {
            foreach (SecondProcess process in processes.Where(static process => process.HasEnded))
            {
                await process.FinishAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        await publishing.ConfigureAwait(false);
    }

    private static SharingFigures Collect(SharingCase one, FrameCounters counters, List<string> reports)
    {
        long Worst(string name) => reports.Max(report =>
        {
            using JsonDocument document = JsonDocument.Parse(report);
            return document.RootElement.GetProperty("latencyNanoseconds").GetProperty(name).GetInt64();
        });

        return new SharingFigures(one, counters.FramesPerSecond, counters.GigabytesPerSecond, Worst("p50"), Worst("p99"), Worst("p999"), Worst("max"));
    }
}
