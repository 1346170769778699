namespace DmaBuf.Tool.Tests;

/// <summary>One of two processes that hand frames over is ended in the middle: what either holds afterwards, and what is left.</summary>
public sealed class FrameEndTests : ScratchFolder
{
    private const long FrameBytes = 6 + (64 * 48 * 3 / 2);
    private static readonly long s_headerBytes = "YUV4MPEG2 W64 H48 F200:1 Ip A1:1 C420jpeg\n".Length;

    [Theory]
    [InlineData(ToolRun.Interrupt, 130)]
    [InlineData(ToolRun.Terminate, 143)]
    public async Task Ctrl_C_at_the_publisher_closes_the_channel_and_leaves_no_socket_or_memory(int signal, int exitCode)
    {
        using ToolRun publish = Publish();
        await publish.LineAsync("paste");
        using ToolRun subscribe = Subscribe();
        HeldThings.Until(() => HasFrames(), static () => "No frame came.");
        Assert.NotEmpty(HeldThings.Of(publish, At("")));
        publish.Signal(signal);
        HeldThings.Until(() => HeldThings.Of(publish, At("")).Length == 0, () => $"The publisher holds {string.Join(", ", HeldThings.Of(publish, At("")))}.");
        ToolResult received = await subscribe.FinishAsync();
        received.AssertSuccess();
        Assert.Equal(["copy"], Names());
        // Whole frames: the closing came after the last of them.
        Assert.Equal(0, (new FileInfo(At("copy")).Length - s_headerBytes) % FrameBytes);
        ToolResult published = await publish.FinishAsync();
        Assert.Equal((exitCode, "dmabuf: interrupted; everything was given back\n"), (published.ExitCode, published.Errors));
    }

    [Fact]
    public async Task Ctrl_C_at_a_subscriber_leaves_no_file_or_memory_and_the_others_go_on()
    {
        using ToolRun publish = Publish("--subscribers", "2", "--count", "300");
        await publish.LineAsync("paste");
        using ToolRun interrupted = Subscribe();
        using ToolRun other = ToolRun.Start("share", "--subscribe", At("socket"), "--json");
        HeldThings.Until(() => HasFrames(), static () => "No frame came.");
        interrupted.Signal(ToolRun.Interrupt);
        HeldThings.Until(() => HeldThings.Of(interrupted, At("")).Length == 0, () => $"The subscriber holds {string.Join(", ", HeldThings.Of(interrupted, At("")))}.");
        Assert.DoesNotContain("copy", Names());
        Assert.Equal(130, (await interrupted.FinishAsync()).ExitCode);
        ToolResult received = await other.FinishAsync();
        received.AssertSuccess();
        Assert.Equal((300, 0), (received.Json().GetProperty("frames").GetInt32(), received.Json().GetProperty("missing").GetInt32()));
        ToolResult published = await publish.FinishAsync();
        published.AssertSuccess();
        Assert.Contains($"process {interrupted.Id}", published.Output, StringComparison.Ordinal);
        Assert.Contains(", gone", published.Output, StringComparison.Ordinal);
        Assert.Empty(Names());
    }

    [Fact]
    public async Task A_killed_publisher_is_reported_and_no_file_appears()
    {
        using ToolRun publish = Publish();
        await publish.LineAsync("paste");
        using ToolRun subscribe = Subscribe();
        HeldThings.Until(() => HasFrames(), static () => "No frame came.");
        publish.Signal(ToolRun.Kill);
        ToolResult received = await subscribe.FinishAsync();
        Assert.Equal(1, received.ExitCode);
        Assert.Contains("ended without closing its channel", received.Errors, StringComparison.Ordinal);
        Assert.Equal(["socket"], Names());
    }

    [Fact]
    public async Task A_killed_subscriber_disturbs_nobody()
    {
        using ToolRun publish = Publish("--subscribers", "2", "--count", "300");
        await publish.LineAsync("paste");
        using ToolRun killed = Subscribe();
        using ToolRun other = ToolRun.Start("share", "--subscribe", At("socket"), "--json");
        HeldThings.Until(() => HasFrames(), static () => "No frame came.");
        killed.Signal(ToolRun.Kill);
        ToolResult received = await other.FinishAsync();
        received.AssertSuccess();
        Assert.Equal(300, received.Json().GetProperty("frames").GetInt32());
        (await publish.FinishAsync()).AssertSuccess();
    }

    [Fact]
    public async Task Ctrl_C_ends_a_publisher_whose_pipe_gives_nothing()
    {
        using ToolRun publish = ToolRun.Start("share", "--frames", "-", "--frame-size", "10", "--socket", At("socket"));
        await publish.LineAsync("paste");
        using ToolRun subscribe = ToolRun.Start("share", "--subscribe", At("socket"));
        await subscribe.LineAsync("frames of");
        publish.Signal(ToolRun.Interrupt);
        Assert.Equal(130, (await publish.FinishAsync()).ExitCode);
        (await subscribe.FinishAsync()).AssertSuccess();
        Assert.Empty(Names());
    }

    private ToolRun Publish(params string[] more) => ToolRun.StartWithoutVoice(["share", "--frames", "--pattern", "64x48", "--socket", At("socket"), "--fps", "200", .. more]);

    private ToolRun Subscribe() => ToolRun.StartWithoutVoice("share", "--subscribe", At("socket"), "-o", At("copy"));

    private bool HasFrames() => Directory.EnumerateFiles(At(""), "copy.*").Any(static part => new FileInfo(part).Length > 2 * FrameBytes);
}
