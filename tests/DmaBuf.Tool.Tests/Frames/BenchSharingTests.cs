using System.Text.Json;

namespace DmaBuf.Tool.Tests;

/// <summary>The bench measures every size and fan-out with real processes; how fast is no test's business.</summary>
public sealed class BenchSharingTests : ScratchFolder
{
    [Fact]
    public async Task Each_case_is_measured_and_its_percentiles_are_in_order()
    {
        ToolResult result = await ToolRun.RunAsync("bench", "sharing", "--quick", "--json");
        result.AssertSuccess();
        JsonElement[] cases = [.. result.Json().GetProperty("cases").EnumerateArray()];
        Assert.Equal(
            ["latency 64 1", "latency 65536 1", "latency 8388608 1", "fan-out 64 1", "fan-out 64 4", "fan-out 64 16", "throughput 64 1", "throughput 65536 1", "throughput 8388608 1"],
            cases.Select(static one => $"{one.GetProperty("what")} {one.GetProperty("frameBytes")} {one.GetProperty("subscribers")}"));
        Assert.All(cases, static one =>
        {
            JsonElement latency = one.GetProperty("latencyNanoseconds");
            long[] percentiles = [.. ((string[])["p50", "p99", "p999", "max"]).Select(name => latency.GetProperty(name).GetInt64())];
            Assert.Equal(percentiles.Order(), percentiles);
            Assert.True(percentiles[0] > 0 && one.GetProperty("framesPerSecond").GetDouble() > 0);
        });
    }

    [Fact]
    public async Task Ctrl_C_ends_it_with_its_subscribers()
    {
        using ToolRun bench = ToolRun.Start("bench", "sharing");
        HeldThings.Until(() => Subscribers(bench.Id) > 0, static () => "No subscriber started.");
        bench.Signal(ToolRun.Interrupt);
        Assert.Equal(130, (await bench.FinishAsync()).ExitCode);
        HeldThings.Until(() => Subscribers(bench.Id) == 0, static () => "A subscriber is left.");
    }

    private static int Subscribers(int parent) => Directory.EnumerateDirectories("/proc").Count(path => char.IsAsciiDigit(Path.GetFileName(path)[0]) && IsChild(path, parent));

    private static bool IsChild(string path, int parent)
    {
        try
        {
            return File.ReadAllText(Path.Combine(path, "stat")).Split(") ")[^1].Split(' ')[1] == $"{parent}";
        }
        catch (IOException)
        {
            return false; // it ended meanwhile
        }
    }
}
