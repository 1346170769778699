using System.CommandLine;
using DmaBuf.Linux;

namespace DmaBuf.Tool;

/// <summary><c>dmabuf share --subscribe ADDRESS</c>: receives frames, verifies or counts them, or writes them to a file.</summary>
internal sealed class SubscribeFrames
{
    private readonly Option<string?> _output = new("--output", "-o") { HelpName = "FILE", Description = "Subscribe: write the frames to this file, which appears when it is complete; Y4M if they are that." };
    private readonly Option<bool> _noVerify = new("--no-verify") { Description = "Subscribe: count the frames without reading their bytes." };
    private readonly Option<ulong?> _skip = new("--skip") { HelpName = "N", Description = "Subscribe: leave the first N frames out of the latencies; they come while the runtime compiles." };
    private readonly Option<double?> _spin = new("--spin") { HelpName = "MICROSECONDS", Description = "Subscribe: how long to look for a frame before sleeping; left out: 20." };

    internal Option<string?> Address { get; } = new("--subscribe") { HelpName = "ADDRESS", Description = "Receive what 'dmabuf share --frames' publishes at this address, which it printed." };

    internal IReadOnlyList<Option> Options => [Address, _output, _noVerify, _skip, _spin];

    internal async Task<int> RunAsync(ToolConsole console, bool json, string address, ParseResult arguments, CancellationToken cancellationToken)
    {
        FrameReceiverOptions options = Read(arguments);
        string? target = arguments.GetValue(_output);
        using ReceivedFile? file = target is null ? null : new ReceivedFile(target);
        using FrameReceiver receiver = await FrameReceiver.OpenAsync(Connect(address), options, cancellationToken).ConfigureAwait(false);
        if (!json)
        {
            string kind = receiver.Hello.Header.Length == 0 ? "at most " : string.Empty;
            console.Line($"{receiver.Hello.Name}: frames of {kind}{Text.Size(receiver.FrameBytes)}, policy {PolicyNames.Of(receiver.Hello.Policy)}");
        }

        Task receiving = Task.Factory.StartNew(() => Receive(receiver, file, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        ulong? total = receiver.Hello.Frames is var frames and > 0 ? Math.Min(frames, (ulong)(options.Count ?? long.MaxValue)) : (ulong?)options.Count;
        await FrameProgress.WatchAsync(console, !json, total, receiver.Counters, receiver.Latencies, () => $"{receiver.Missing} missing", receiving).ConfigureAwait(false);
        Show(console, json, receiver, options, target);
        return ExitCode.Success;
    }

    private static void Receive(FrameReceiver receiver, ReceivedFile? file, CancellationToken cancellationToken)
    {
        if (file is null)
        {
            receiver.Receive(null, cancellationToken);
        }
        else
        {
            file.Fill(stream => receiver.Receive(stream, cancellationToken));
        }
    }

    private static DescriptorSocket Connect(string address)
    {
        try
        {
            return HandoverSender.Connect(address);
        }
        catch (DmaBufException exception) when (exception.Errno is Errno.EINVAL or Errno.ENOENT or Errno.ECONNREFUSED or Errno.ENOTDIR)
        {
            throw new BadUseException($"nobody publishes at '{Printable.Of(address)}'; run 'dmabuf share --frames' first and paste the line that it prints");
        }
    }

    private FrameReceiverOptions Read(ParseResult arguments) => new()
    {
        Verify = !arguments.GetValue(_noVerify),
        Count = (long?)FrameOptions.InRange(arguments.GetValue(FrameOptions.Count), 1, long.MaxValue, FrameOptions.Count.Name),
        Skip = (long)(FrameOptions.InRange(arguments.GetValue(_skip), 0, long.MaxValue, _skip.Name) ?? 0),
        SpinTime = FrameOptions.Positive(arguments.GetValue(_spin), 1e6, _spin.Name) is { } spin ? TimeSpan.FromMicroseconds(spin) : null,
    };

    private static void Show(ToolConsole console, bool asJson, FrameReceiver receiver, FrameReceiverOptions options, string? target)
    {
        FrameCounters counters = receiver.Counters;
        if (asJson)
        {
            console.WriteJson(json =>
            {
                json.WriteString("name", receiver.Hello.Name);
                json.WriteString("policy", PolicyNames.Of(receiver.Hello.Policy));
                FrameReport.WriteCounters(json, counters);
                json.WriteNumber("first", receiver.First);
                json.WriteNumber("missing", receiver.Missing);
                json.WriteBoolean("verified", options.Verify);
                FrameReport.WriteLatency(json, receiver.Latencies);
                json.WriteString("end", FrameReport.EndOf(receiver.End));
                json.WriteString("output", target);
            });
            return;
        }

        string late = receiver.First > 1 ? $"; the first {receiver.First - 1} were published before it joined" : string.Empty;
        console.Line($"{counters.Frames} frames, {Text.Size(counters.Bytes)} received in order in {Text.Time(counters.Time)}: {FrameProgress.Rates(counters)}; {receiver.Missing} missing{late}");
        console.Line(options.Verify ? "the checksum of every frame holds (CRC-32C)" : "counted only; no byte was read");
        if (receiver.Latencies.Count > 0)
        {
            console.Line($"latency from publish to receive: {FrameProgress.Percentiles(receiver.Latencies)}, most {FrameProgress.Time(receiver.Latencies.Maximum)}");
        }

        if (target is not null)
        {
            console.Line($"written to {target}");
        }
    }
}
