using System.Text.Json;
using DmaBuf.Sharing;

namespace DmaBuf.Tool;

/// <summary>What publishers and subscribers of frames print in the same words.</summary>
internal static class FrameReport
{
    internal static string EndOf(ChannelEndReason reason) => reason switch
    {
        ChannelEndReason.None => "there",
        ChannelEndReason.Closed => "closed",
        ChannelEndReason.TooSlow => "too slow",
        ChannelEndReason.Disconnected => "disconnected",
        ChannelEndReason.PeerGone => "gone",
        ChannelEndReason.Left => "left",
        _ => "protocol error",
    };

    internal static void WriteCounters(Utf8JsonWriter json, FrameCounters counters)
    {
        json.WriteNumber("frames", counters.Frames);
        json.WriteNumber("bytes", counters.Bytes);
        json.WriteNumber("seconds", Math.Round(counters.Time.TotalSeconds, 6));
        json.WriteNumber("framesPerSecond", Math.Round(counters.FramesPerSecond, 3));
        json.WriteNumber("gigabytesPerSecond", Math.Round(counters.GigabytesPerSecond, 6));
    }

    internal static void WriteLatency(Utf8JsonWriter json, LatencyHistogram latencies)
    {
        json.WriteStartObject("latencyNanoseconds");
        json.WriteNumber("count", latencies.Count);
        json.WriteNumber("p50", latencies.Percentile(0.5));
        json.WriteNumber("p99", latencies.Percentile(0.99));
        json.WriteNumber("p999", latencies.Percentile(0.999));
        json.WriteNumber("max", latencies.Maximum);
        json.WriteEndObject();
    }

    /// <summary>The percentiles of another process's report, as people read them.</summary>
    internal static string Latency(JsonElement report)
    {
        JsonElement latency = report.GetProperty("latencyNanoseconds");
        string Time(string name) => FrameProgress.Time(latency.GetProperty(name).GetInt64());
        return $"p50 {Time("p50")}, p99 {Time("p99")}, p99.9 {Time("p999")}, most {Time("max")}";
    }
}
