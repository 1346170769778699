using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace DmaBuf.Tool;

/// <summary><c>dmabuf bench sharing</c>: how long frames take to other processes of this machine, and how many get there.</summary>
internal sealed class BenchSharingCommand : ToolCommand
{
    private readonly Option<bool> _quick = new("--quick") { Description = "A tenth of the frames: a few seconds, and rougher figures." };

    internal BenchSharingCommand()
        : base(
            "sharing",
            "Measures frame channels between real processes, in this run on this machine: latency, fan-out, throughput.",
            "dmabuf bench sharing",
            "dmabuf bench sharing --quick --json")
    {
        Options.Add(_quick);
    }

    internal override async Task<int> RunAsync(ToolConsole console, ParseResult arguments, CancellationToken cancellationToken)
    {
        bool json = arguments.GetValue(Json);
        List<SharingFigures> all = [];
        SharingCase[] cases = SharingCase.All(arguments.GetValue(_quick));
        await ProgressLine.RunAsync(
            console,
            !json,
            "measure",
            (ulong)cases.Length,
            progress =>
            {
                foreach (SharingCase one in cases)
                {
                    all.Add(SharingFigures.MeasureAsync(one, cancellationToken).GetAwaiter().GetResult());
                    progress(1);
                }

                return true;
            },
            cancellationToken).ConfigureAwait(false);
        Show(console, json, all);
        return ExitCode.Success;
    }

    private static void Show(ToolConsole console, bool asJson, List<SharingFigures> all)
    {
        if (asJson)
        {
            console.WriteJson(json => Write(json, all));
            return;
        }

        List<string[]> rows = [["WHAT", "FRAME", "SUBSCRIBERS", "FRAMES/S", "GB/S", "P50", "P99", "P99.9", "MOST"]];
        rows.AddRange(all.Select(static each => (string[])
        [
            each.Case.What, Text.Size(each.Case.FrameBytes), $"{each.Case.Subscribers}",
            each.FramesPerSecond.ToString("0", CultureInfo.InvariantCulture), each.Case.Reads ? each.GigabytesPerSecond.ToString("0.00", CultureInfo.InvariantCulture) : "-",
            FrameProgress.Time(each.P50), FrameProgress.Time(each.P99), FrameProgress.Time(each.P999), FrameProgress.Time(each.Most),
        ]));
        PlainTable.Write(console, rows);
        console.Line();
        console.Line("Times go from just before a frame was published to when a subscriber had it; of several subscribers, the one that waited longest. latency: the subscriber looks for");
        console.Line("frames all the time; fan-out: subscribers sleep in between, and waking is part of it; throughput: 8 frames are ahead, and their waiting is part of it. GB/s where every byte is");
        console.Line("read and its checksum computed at both sides; elsewhere no byte is touched, which is the point. The first quarter of each line is left out of its times.");
    }

    private static void Write(Utf8JsonWriter json, List<SharingFigures> all)
    {
        json.WriteNumber("processors", Environment.ProcessorCount);
        json.WriteStartArray("cases");
        foreach (SharingFigures each in all)
        {
            json.WriteStartObject();
            json.WriteString("what", each.Case.What);
            json.WriteNumber("frameBytes", each.Case.FrameBytes);
            json.WriteNumber("subscribers", each.Case.Subscribers);
            json.WriteNumber("frames", each.Case.Frames);
            json.WriteBoolean("bytesRead", each.Case.Reads);
            json.WriteNumber("framesPerSecond", Math.Round(each.FramesPerSecond, 3));
            json.WriteNumber("gigabytesPerSecond", Math.Round(each.GigabytesPerSecond, 6));
            json.WriteStartObject("latencyNanoseconds");
            json.WriteNumber("p50", each.P50);
            json.WriteNumber("p99", each.P99);
            json.WriteNumber("p999", each.P999);
            json.WriteNumber("max", each.Most);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
