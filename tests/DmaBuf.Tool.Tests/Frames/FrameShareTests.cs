using System.Text.Json;
using DmaBuf.Linux;
using DmaBuf.Sharing;

namespace DmaBuf.Tool.Tests;

/// <summary>Frames from one process to others: what arrives, in which order, and what is left when one of them ends.</summary>
public sealed class FrameShareTests : ScratchFolder
{
    [Fact]
    public async Task A_Y4M_file_arrives_byte_for_byte_at_each_subscriber()
    {
        byte[] clip = Clip(frames: 40);
        File.WriteAllBytes(At("clip.y4m"), clip);
        using ToolRun publish = ToolRun.Start("share", "--frames", At("clip.y4m"), "--socket", At("socket"), "--subscribers", "2");
        Assert.Contains("begins when 2 have joined", await publish.LineAsync("paste"), StringComparison.Ordinal);
        using ToolRun first = ToolRun.Start("share", "--subscribe", At("socket"), "--output", At("first"));
        using ToolRun second = ToolRun.Start("share", "--subscribe", At("socket"), "-o", At("second"));
        ToolResult[] results = [await first.FinishAsync(), await second.FinishAsync(), await publish.FinishAsync()];
        Assert.All(results, static result => result.AssertSuccess());
        Assert.Equal(clip, File.ReadAllBytes(At("first")));
        Assert.Equal(clip, File.ReadAllBytes(At("second")));
        Assert.Contains("40 frames", results[0].Output, StringComparison.Ordinal);
        Assert.Contains("the checksum of every frame holds", results[0].Output, StringComparison.Ordinal);
        Assert.Contains("p99.9", results[1].Output, StringComparison.Ordinal);
        Assert.Equal(["clip.y4m", "first", "second"], Names());
    }

    [Theory]
    [InlineData(10_000, "4096")]
    [InlineData(8192, "4K")]
    [InlineData(5, "64")]
    public async Task Any_file_arrives_in_pieces_as_it_was(int length, string frameSize)
    {
        string file = Write("original", length);
        using ToolRun publish = ToolRun.Start("share", "--frames", file, "--frame-size", frameSize, "--socket", At("socket"), "--json");
        ToolResult received = await SubscribeAsync("--output", At("copy"), "--json");
        received.AssertSuccess();
        (await publish.FinishAsync()).AssertSuccess();
        Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(At("copy")));
        Assert.Equal((length, true), (received.Json().GetProperty("bytes").GetInt32(), received.Json().GetProperty("verified").GetBoolean()));
    }

    [Fact]
    public async Task A_pipe_is_published_as_it_comes()
    {
        byte[] clip = Clip(frames: 7);
        File.WriteAllBytes(At("clip"), clip);
        using ToolRun publish = ToolRun.StartShell("cat \"$1\" | \"$0\" share --frames - --socket \"$2\"", At("clip"), At("socket"));
        Assert.Contains("frames without end", await publish.LineAsync("standard input"), StringComparison.Ordinal);
        (await SubscribeAsync("-o", At("copy"))).AssertSuccess();
        (await publish.FinishAsync()).AssertSuccess();
        Assert.Equal(clip, File.ReadAllBytes(At("copy")));
    }

    [Fact]
    public async Task The_self_test_subscribes_in_a_second_process()
    {
        ToolResult result = await ToolRun.RunAsync("share", "--frames", "--pattern", "64x48", "--fps", "200", "--count", "50", "--self-test", "--json");
        result.AssertSuccess();
        JsonElement there = result.Json().GetProperty("selfTest");
        Assert.Equal((50, 0, "closed"), (there.GetProperty("frames").GetInt32(), there.GetProperty("missing").GetInt32(), there.GetProperty("end").GetString()));
        JsonElement latency = there.GetProperty("latencyNanoseconds");
        long[] percentiles = [.. ((string[])["p50", "p99", "p999", "max"]).Select(name => latency.GetProperty(name).GetInt64())];
        Assert.Equal(percentiles.Order(), percentiles);
        // 49 pauses of 5 ms lie between 50 frames.
        Assert.InRange(result.Json().GetProperty("seconds").GetDouble(), 0.245, 60);
    }

    [Fact]
    public async Task A_subscriber_may_count_without_reading_and_leave_when_it_has_enough()
    {
        using ToolRun publish = ToolRun.Start("share", "--frames", "--pattern", "64x48", "--socket", At("socket"), "--fps", "500");
        await publish.LineAsync("paste");
        ToolResult counted = await SubscribeAsync("--no-verify", "--count", "20", "--skip", "19", "--json");
        counted.AssertSuccess();
        Assert.Equal(
            (20, false, 1, "there"),
            (counted.Json().GetProperty("frames").GetInt32(), counted.Json().GetProperty("verified").GetBoolean(),
                counted.Json().GetProperty("latencyNanoseconds").GetProperty("count").GetInt32(), counted.Json().GetProperty("end").GetString()));
        ToolResult late = await SubscribeAsync("--count", "5");
        late.AssertSuccess();
        Assert.Contains("were published before it joined", late.Output, StringComparison.Ordinal);
        publish.Signal(ToolRun.Interrupt);
        Assert.Equal(130, (await publish.FinishAsync()).ExitCode);
    }

    [Fact]
    public async Task With_drop_oldest_a_sleeper_misses_frames_and_nobody_waits_for_it()
    {
        (ToolResult published, ToolResult received) = await WithSleeperAsync("drop-oldest");
        published.AssertSuccess();
        received.AssertSuccess();
        Assert.InRange(received.Json().GetProperty("missing").GetInt32(), 1, 200);
        Assert.Equal("closed", received.Json().GetProperty("end").GetString());
        Assert.InRange(published.Json().GetProperty("subscribers")[0].GetProperty("dropped").GetInt32(), 1, 200);
    }

    [Fact]
    public async Task With_drop_newest_a_sleeper_gets_the_old_frames()
    {
        (ToolResult published, ToolResult received) = await WithSleeperAsync("drop-newest");
        published.AssertSuccess();
        received.AssertSuccess();
        Assert.InRange(published.Json().GetProperty("subscribers")[0].GetProperty("dropped").GetInt32(), 1, 200);
    }

    [Fact]
    public async Task With_disconnect_a_sleeper_is_cut_off_and_told()
    {
        (ToolResult published, ToolResult received) = await WithSleeperAsync("disconnect");
        published.AssertSuccess();
        Assert.Equal("too slow", published.Json().GetProperty("subscribers")[0].GetProperty("end").GetString());
        Assert.Equal(1, received.ExitCode);
        Assert.Contains("cut this subscriber off", received.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_block_the_publisher_names_whom_it_waited_for()
    {
        using ToolRun publish = ToolRun.Start("share", "--frames", "--pattern", "64x48", "--socket", At("socket"), "--timeout", "0.2");
        await publish.LineAsync("paste");
        using ToolRun subscribe = ToolRun.Start("share", "--subscribe", At("socket"));
        await subscribe.LineAsync("frames of");
        subscribe.Signal(ToolRun.Stop);
        ToolResult published = await publish.FinishAsync();
        Assert.Equal(1, published.ExitCode);
        Assert.Contains($"process {subscribe.Id}", published.Errors, StringComparison.Ordinal);
        subscribe.Signal(ToolRun.Continue);
        // The publisher failed, but closed its channel: what came before is complete.
        (await subscribe.FinishAsync()).AssertSuccess();
    }

    [Fact]
    public async Task A_changed_byte_fails_the_subscriber_with_both_checksums()
    {
        using DescriptorListener listener = DescriptorListener.Listen(At("socket"));
        using ToolRun subscribe = ToolRun.Start("share", "--subscribe", At("socket"), "-o", At("copy"));
        DescriptorSocket socket = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        await socket.SendAsync(new FrameHello("pretended", "", SlowSubscriberPolicy.Block, 0).Encode(), [], TestContext.Current.CancellationToken);
        using FramePublisher publisher = FramePublisher.Create(new() { BufferBytes = 9 });
        await FrameChannel.InviteAsync(publisher, socket, TestContext.Current.CancellationToken);
        using (FrameLoan loan = publisher.Loan(TestContext.Current.CancellationToken))
        {
            "123456788"u8.CopyTo(loan.Span);
            loan.Publish(9, new FrameInfo { Tag = 0xe3069283 }); // that of 123456789
        }

        ToolResult result = await subscribe.FinishAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("e3069283", result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("copy", Names());
    }

    [Fact]
    public async Task Each_side_says_which_command_the_other_one_waits_for()
    {
        using ToolRun publish = ToolRun.Start("share", "--frames", "--pattern", "64x48", "--socket", At("socket"));
        await publish.LineAsync("paste");
        Assert.Contains("dmabuf share --subscribe", (await ToolRun.RunAsync("receive", At("socket"))).Errors, StringComparison.Ordinal);
        publish.Signal(ToolRun.Terminate);
        Assert.Equal(143, (await publish.FinishAsync()).ExitCode);
        using ToolRun share = ToolRun.Start("share", Write("file", 10), "--socket", At("socket"));
        await share.LineAsync("dmabuf receive");
        (await ToolRun.RunAsync("share", "--subscribe", At("socket"))).AssertBadUse("dmabuf receive");
    }

    private async Task<ToolResult> SubscribeAsync(params string[] more)
    {
        HeldThings.Until(() => File.Exists(At("socket")), static () => "Nobody listens.");
        return await ToolRun.RunAsync(["share", "--subscribe", At("socket"), .. more]);
    }

    /// <summary>A subscriber that is stopped while 200 frames are published, 16 of which it may have. If the machine stopped it before us, that shows the same.</summary>
    private async Task<(ToolResult Published, ToolResult Received)> WithSleeperAsync(string policy)
    {
        using ToolRun publish = ToolRun.Start(
            "share", "--frames", "--pattern", "64x48", "--socket", At("socket"), "--policy", policy, "--buffers", "32", "--fps", "100", "--count", "200", "--json");
        HeldThings.Until(() => File.Exists(At("socket")), static () => "Nobody listens.");
        using ToolRun subscribe = ToolRun.Start("share", "--subscribe", At("socket"), "--json", "-o", At("copy"));
        HeldThings.Until(() => subscribe.HasEnded || Directory.EnumerateFiles(At(""), "copy.*").Any(static part => new FileInfo(part).Length > 0), static () => "No frame came.");
        bool asleep = !subscribe.HasEnded;
        if (asleep)
        {
            subscribe.Signal(ToolRun.Stop);
        }

        ToolResult published = await publish.FinishAsync();
        if (asleep)
        {
            subscribe.Signal(ToolRun.Continue);
        }

        return (published, await subscribe.FinishAsync());
    }

    /// <summary>Odd sides, ten bits, comments, and parameters at the frames: all that has to come through.</summary>
    private static byte[] Clip(int frames)
    {
        using MemoryStream clip = new();
        clip.Write("YUV4MPEG2 W7 H5 F30000:1001 Ip C420p10 XYSCSS=420P10 XCOLORRANGE=FULL\n"u8);
        Random random = new(frames);
        byte[] picture = new byte[2 * ((7 * 5) + (2 * 4 * 3))];
        for (int frame = 0; frame < frames; frame++)
        {
            clip.Write(frame % 3 == 0 ? "FRAME Ippp Xnote\n"u8 : "FRAME\n"u8);
            random.NextBytes(picture);
            clip.Write(picture);
        }

        return clip.ToArray();
    }
}
