using System.CommandLine;
using System.Text.Json;
using DmaBuf.Linux;
using DmaBuf.Sharing;

namespace DmaBuf.Tool;

/// <summary><c>dmabuf share --frames</c>: publishes the frames of a file or a test pattern to many subscribers.</summary>
internal sealed class PublishFrames
{
    private readonly Option<string?> _pattern = new("--pattern") { HelpName = "WxH", Description = "Frames: a moving test picture of this size instead of a file." };
    private readonly Option<string?> _frameSize = new("--frame-size") { HelpName = "BYTES", Description = "Frames: cut any file into frames of this size, such as 65536 or 8M." };
    private readonly Option<double?> _rate = new("--fps") { HelpName = "N", Description = "Frames: publish N a second; left out: as fast as it goes." };
    private readonly Option<ulong?> _buffers = new("--buffers") { HelpName = "N", Description = "Frames: how many can be on their way at once, 2 to 250; left out: 8." };
    private readonly Option<ulong?> _subscribers = new("--subscribers") { HelpName = "N", Description = "Frames: begin when N have joined, 0 to 62; left out: 1." };
    private readonly Option<double?> _timeout = new("--timeout") { HelpName = "SECONDS", Description = "Frames: how long --policy block waits for a slow subscriber; left out: 10." };
    private readonly Option<string?> _policy = new("--policy")
    {
        HelpName = "POLICY",
        Description = "Frames: what happens to a subscriber that does not keep up: block (the publisher waits), drop-oldest, drop-newest, disconnect; left out: block.",
    };

    internal Option<bool> Frames { get; } = new("--frames") { Description = "Publish frames to many subscribers: a Y4M file, any file in pieces, or a test picture." };

    internal IReadOnlyList<Option> Options => [Frames, _pattern, _frameSize, _rate, _policy, _timeout, _buffers, _subscribers];

    internal async Task<int> RunAsync(ToolConsole console, bool json, string? file, string? address, bool selfTest, ParseResult arguments, CancellationToken cancellationToken)
    {
        FrameBroadcastOptions options = Read(arguments);
        using FrameSource source = await Task.Run(() => Open(file, arguments), cancellationToken).WaitAsync(cancellationToken).ConfigureAwait(false);
        using DescriptorListener listener = ShareCommand.Listen(address);
        using CancellationTokenSource closing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        FrameBroadcast broadcast = new(source, options);
        Task admitting = broadcast.AdmitAsync(listener, closing.Token);
        using SecondProcess? second = selfTest ? new SecondProcess("share", "--subscribe", listener.Address, "--json") : null;
        try
        {
            Announce(console, json, source, options, broadcast, listener.Address, selfTest);
            await PublishAsync(console, json, broadcast, second, closing.Token).ConfigureAwait(false);
        }
        finally
        {
            // Subscribers are told the end before the listener and the process go.
            broadcast.Dispose();
            await closing.CancelAsync().ConfigureAwait(false);
            await admitting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        string? report = second is null ? null : await second.FinishAsync(cancellationToken).ConfigureAwait(false);
        Show(console, json, source, options, broadcast, report);
        return ExitCode.Success;
    }

    /// <summary>A second process that ends early, because it failed, ends the wait for it.</summary>
    private static async Task PublishAsync(ToolConsole console, bool json, FrameBroadcast broadcast, SecondProcess? second, CancellationToken cancellationToken)
    {
        Task publishing = broadcast.PublishAsync(cancellationToken);
        Task watching = FrameProgress.WatchAsync(
            console, !json, broadcast.Total, broadcast.Counters, null, () => $"{broadcast.Present} subscribers{(broadcast.Lost > 0 ? $", {broadcast.Lost} lost" : "")}", publishing);
        if (second is not null && await Task.WhenAny(watching, second.EndedAsync(cancellationToken)).ConfigureAwait(false) != watching)
        {
            await second.FinishAsync(cancellationToken).ConfigureAwait(false);
        }

        await watching.ConfigureAwait(false);
    }

    private FrameBroadcastOptions Read(ParseResult arguments)
    {
        string policy = arguments.GetValue(_policy) ?? PolicyNames.Of(SlowSubscriberPolicy.Block);
        return new FrameBroadcastOptions
        {
            Policy = PolicyNames.Find(policy) ?? throw new BadUseException($"--policy '{Printable.Of(policy)}' is none; there are {PolicyNames.All}"),
            Timeout = TimeSpan.FromSeconds(FrameOptions.Positive(arguments.GetValue(_timeout), 86400, _timeout.Name) ?? 10),
            Buffers = (int)(FrameOptions.InRange(arguments.GetValue(_buffers), 2, 250, _buffers.Name) ?? 8),
            Subscribers = (int)(FrameOptions.InRange(arguments.GetValue(_subscribers), 0, 62, _subscribers.Name) ?? 1),
            Count = FrameOptions.InRange(arguments.GetValue(FrameOptions.Count), 1, ulong.MaxValue, FrameOptions.Count.Name),
            FramesPerSecond = FrameOptions.Positive(arguments.GetValue(_rate), 1e6, _rate.Name),
        };
    }

    private FrameSource Open(string? file, ParseResult arguments)
    {
        string? frameSize = arguments.GetValue(_frameSize);
        if (arguments.GetValue(_pattern) is { } pattern)
        {
            if (file is not null || frameSize is not null)
            {
                throw new BadUseException($"--pattern makes the frames itself; leave {(file is not null ? "the file" : "--frame-size")} out");
            }

            (uint width, uint height) = FrameOptions.Picture(pattern, _pattern.Name);
            return new PatternSource(width, height, arguments.GetValue(_rate));
        }

        if (file is null)
        {
            throw new BadUseException("--frames needs a FILE, or --pattern WxH; run 'dmabuf share --help' for examples");
        }

        ulong? bytes = frameSize is null ? null : FrameOptions.Bytes(frameSize, _frameSize.Name);
        (Stream stream, string name) = file == "-" ? (Console.OpenStandardInput(), "standard input") : ((Stream)SourceFile.Open(file), Path.GetFileName(file));
        return bytes is { } size ? new CutFileSource(stream, name, size) : new Y4mSource(stream, name);
    }

    private static void Announce(ToolConsole console, bool json, FrameSource source, FrameBroadcastOptions options, FrameBroadcast broadcast, string address, bool selfTest)
    {
        if (json)
        {
            if (!selfTest)
            {
                ToolConsole.Complain($"publishing; run: dmabuf share --subscribe {address}");
            }

            return;
        }

        string count = broadcast.Total is { } total ? $"{total} frames" : "frames without end";
        console.Line($"{Printable.Of(source.Name)}: {count} of {(source.Header is null ? "at most " : "")}{Text.Size(source.FrameBytes)}, policy {PolicyNames.Of(options.Policy)}, {options.Buffers} buffers");
        if (selfTest)
        {
            console.Line("a second process subscribes ...");
            return;
        }

        console.Line(options.Subscribers == 0 ? "paste into another terminal:" : $"begins when {options.Subscribers} have joined; paste into another terminal:");
        console.Line();
        console.Line($"  dmabuf share --subscribe {address}");
        console.Line();
        console.Line("(add --output FILE to write the frames there; Ctrl-C ends)");
    }

    private static void Show(ToolConsole console, bool asJson, FrameSource source, FrameBroadcastOptions options, FrameBroadcast broadcast, string? report)
    {
        FrameCounters counters = broadcast.Counters;
        if (asJson)
        {
            console.WriteJson(json =>
            {
                json.WriteString("name", source.Name);
                json.WriteString("policy", PolicyNames.Of(options.Policy));
                json.WriteNumber("buffers", options.Buffers);
                FrameReport.WriteCounters(json, counters);
                json.WriteNumber("lost", broadcast.Lost);
                json.WriteNumber("joined", broadcast.Joined);
                WriteSubscribers(json, broadcast.Members);
                if (report is not null)
                {
                    using JsonDocument document = JsonDocument.Parse(report);
                    json.WritePropertyName("selfTest");
                    document.RootElement.WriteTo(json);
                }
            });
            return;
        }

        console.Line($"{counters.Frames} frames, {Text.Size(counters.Bytes)} published in {Text.Time(counters.Time)}: {FrameProgress.Rates(counters)}; {broadcast.Lost} lost because no buffer was free");
        foreach (ChannelMember member in broadcast.Members)
        {
            console.Line($"{Printable.Of(member.Name)}: {member.Delivered} delivered, {member.Dropped} dropped, {FrameReport.EndOf(member.EndReason)}");
        }

        if (report is not null)
        {
            using JsonDocument document = JsonDocument.Parse(report);
            JsonElement root = document.RootElement;
            console.Line($"the second process received {root.GetProperty("frames").GetInt64()} frames in order and verified the checksum of each; its latency: {FrameReport.Latency(root)}");
        }
    }

    private static void WriteSubscribers(Utf8JsonWriter json, IReadOnlyList<ChannelMember> members)
    {
        json.WriteStartArray("subscribers");
        foreach (ChannelMember member in members)
        {
            json.WriteStartObject();
            json.WriteString("name", member.Name);
            json.WriteNumber("delivered", member.Delivered);
            json.WriteNumber("dropped", member.Dropped);
            json.WriteString("end", FrameReport.EndOf(member.EndReason));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
