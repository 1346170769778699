using System.Text;
using Spectre.Console;

namespace DmaBuf.Tool.Tests;

/// <summary>The small parts of frames: what is typed, counted and shown.</summary>
public sealed class FrameToolTests
{
    [Theory]
    [InlineData("--frames needs a FILE", "share", "--frames")]
    [InlineData("share needs a FILE, --frames or --subscribe", "share")]
    [InlineData("--fps does not belong here: only --frames takes it", "share", "file", "--fps", "3")]
    [InlineData("--count does not belong here", "share", "file", "--count", "3")]
    [InlineData("--output does not belong here: only --subscribe takes it", "share", "--frames", "file", "--output", "x")]
    [InlineData("--policy does not belong here: --subscribe receives", "share", "--subscribe", "@x", "--policy", "block")]
    [InlineData("--subscribe receives frames and shares no file", "share", "--subscribe", "@x", "file")]
    [InlineData("nobody publishes at '@dmabuf-nobody'", "share", "--subscribe", "@dmabuf-nobody")]
    [InlineData("--policy 'wait' is none; there are block, drop-oldest, drop-newest, disconnect", "share", "--frames", "--pattern", "8x8", "--policy", "wait")]
    [InlineData("--pattern '8' cannot be", "share", "--frames", "--pattern", "8")]
    [InlineData("leave the file out", "share", "--frames", "file", "--pattern", "8x8")]
    [InlineData("leave --frame-size out", "share", "--frames", "--frame-size", "8", "--pattern", "8x8")]
    [InlineData("--frame-size '0' cannot be", "share", "--frames", "/proc/self/exe", "--frame-size", "0")]
    [InlineData("--frame-size '9G' cannot be", "share", "--frames", "/proc/self/exe", "--frame-size", "9G")]
    [InlineData("--fps 0 cannot be", "share", "--frames", "--pattern", "8x8", "--fps", "0")]
    [InlineData("--buffers 1 cannot be; give 2 to 250", "share", "--frames", "--pattern", "8x8", "--buffers", "1")]
    [InlineData("--subscribers 63 cannot be", "share", "--frames", "--pattern", "8x8", "--subscribers", "63")]
    public async Task Bad_use_is_one_line_that_says_what_to_do(string words, params string[] arguments)
        => (await ToolRun.RunAsync(arguments)).AssertBadUse(words);

    [Fact]
    public async Task Help_shows_examples_of_each_form()
    {
        ToolResult help = await ToolRun.RunAsync("share", "--help");
        help.AssertSuccess();
        Assert.All(
            ["dmabuf share README.md", "share --frames clip.y4m", "--subscribe @dmabuf", "--pattern 1920x1080", "--frame-size 8M", "drop-oldest", "yuv4mpegpipe"],
            words => Assert.Contains(words, help.Output, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("123456789", 0xe3069283)]
    [InlineData("a", 0xc1d04330)]
    public void The_checksum_is_CRC_32C(string text, uint checksum) => Assert.Equal(checksum, FrameChecksum.Of(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void Percentiles_are_right_to_a_thirty_second()
    {
        LatencyHistogram histogram = new();
        Assert.Equal(0, histogram.Percentile(0.5));
        Random random = new(5);
        long[] values = [.. Enumerable.Range(0, 20_000).Select(_ => (long)Math.Exp(random.NextDouble() * 40))];
        Array.ForEach(values, histogram.Add);
        Array.Sort(values);
        foreach (double share in (double[])[0.0001, 0.01, 0.5, 0.9, 0.99, 0.999, 1])
        {
            long exact = values[(int)Math.Ceiling(values.Length * share) - 1];
            Assert.InRange(histogram.Percentile(share), exact, exact + (exact / 32));
        }

        histogram.Add(long.MaxValue);
        histogram.Add(-5);
        Assert.Equal((long.MaxValue, 20_002), (histogram.Percentile(1), histogram.Count));
    }

    [Theory]
    [InlineData(64, 48)]
    [InlineData(33, 17)]
    [InlineData(2, 2)]
    public void Each_picture_of_the_pattern_tells_its_number(int width, int height)
    {
        using PatternSource pattern = new((uint)width, (uint)height, null);
        byte[] frame = new byte[pattern.FrameBytes];
        for (uint number = 1; number <= 70; number++)
        {
            Assert.True(pattern.MoveNext());
            Assert.Equal(frame.Length, pattern.Fill(frame));
            if (width >= 32)
            {
                uint read = 0;
                for (int bit = 31; bit >= 0; bit--)
                {
                    read = (read << 1) | (frame[(int)Math.Ceiling((31 - bit) * width / 32.0)] > 128 ? 1U : 0);
                }

                Assert.Equal(number, read);
            }
        }
    }

    [Fact]
    public async Task A_terminal_sees_rates_and_percentiles_while_frames_go_by()
    {
        using StringWriter output = new();
        FrameCounters counters = new();
        LatencyHistogram latencies = new();
        counters.Begin();
        counters.Add(1000);
        latencies.Add(5000);
        TaskCompletionSource work = new();
        ToolConsole terminal = new(
            AnsiConsole.Create(new AnsiConsoleSettings
            {
                Ansi = AnsiSupport.Yes,
                Interactive = InteractionSupport.Yes,
                ColorSystem = ColorSystemSupport.NoColors,
                Out = new WideOutput(output),
            }),
            isTerminal: true);
        Task watching = FrameProgress.WatchAsync(
            terminal,
            show: true,
            10,
            counters,
            latencies,
            () =>
            {
                work.TrySetResult();
                return "3 missing";
            },
            work.Task);
        await watching;
        Assert.Contains("1 frames", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("p50 5000 ns, p99 5000 ns, p99.9 5000 ns, 3 missing", output.ToString(), StringComparison.Ordinal);
    }

    private sealed class WideOutput(TextWriter writer) : IAnsiConsoleOutput
    {
        public TextWriter Writer => writer;

        public bool IsTerminal => true;

        public int Width => 200;

        public int Height => 50;

        public void SetEncoding(Encoding encoding)
        {
        }
    }
}
