namespace DmaBuf.Tool.Tests;

/// <summary>Ctrl-C in the middle of a hand-over of real memory: what either process holds afterwards, looked at while it still lives.</summary>
public sealed class InterruptTests : ScratchFolder
{
    // So large that the receiver is still reading when it is stopped.
    private const long Length = 512L << 20;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ctrl_C_on_either_side_leaves_no_socket_memory_or_file_in_either_process(bool onTheSharer)
    {
        WriteSparse("original", Length);
        using ToolRun share = ToolRun.StartWithoutVoice("share", At("original"), "--socket", At("socket"));
        await share.LineAsync("dmabuf receive");
        // Where the receiver goes on alone it would write the file, which takes long and shows nothing here.
        string[] output = onTheSharer ? [] : ["-o", At("copy")];
        using ToolRun receive = ToolRun.StartWithoutVoice(["receive", At("socket"), .. output]);
        HeldThings.Until(() => HasMemory(receive), static () => "The receiver never got the memory.");
        receive.Signal(ToolRun.Stop);
        Assert.True(HasMemory(share) && HasSocket(share) && HasSocket(receive));

        (ToolRun interrupted, ToolRun survivor) = onTheSharer ? (share, receive) : (receive, share);
        interrupted.Signal(ToolRun.Interrupt);
        receive.Signal(ToolRun.Continue);

        // Both wait at their full standard error, and have nothing in their hands.
        HeldThings.Until(() => Held(interrupted).Length == 0, () => $"The interrupted side holds {string.Join(", ", Held(interrupted))}.");
        HeldThings.Until(() => Held(survivor).Length == 0, () => $"The surviving side holds {string.Join(", ", Held(survivor))}.");
        Assert.Equal(["original"], Names());

        ToolResult ended = await interrupted.FinishAsync();
        Assert.Equal((130, "dmabuf: interrupted; everything was given back\n"), (ended.ExitCode, ended.Errors));
        ToolResult survived = await survivor.FinishAsync();
        Assert.Equal(onTheSharer ? 0 : 1, survived.ExitCode);
        Assert.Contains(onTheSharer ? "the sharer ended before it could be told" : "went away while it read the memory", survived.Errors, StringComparison.Ordinal);
        Assert.Equal(["original"], Names());
    }

    [Fact]
    public async Task Ctrl_C_ends_the_copying_of_a_large_file()
    {
        WriteSparse("original", Length);
        using ToolRun share = ToolRun.StartWithoutVoice("share", At("original"), "--socket", At("socket"));
        HeldThings.Until(() => HasMemory(share), static () => "The sharer never made the memory.");
        share.Signal(ToolRun.Interrupt);
        HeldThings.Until(() => Held(share).Length == 0, () => $"It holds {string.Join(", ", Held(share))}.");
        ToolResult result = await share.FinishAsync();
        Assert.Equal((130, string.Empty), (result.ExitCode, result.Output));
        Assert.Equal(["original"], Names());
    }

    [Fact]
    public async Task Ctrl_C_ends_an_explanation_that_waits_for_its_input()
    {
        using ToolRun explain = ToolRun.StartWithoutVoice("explain", "-");
        HeldThings.Until(() => IsCaught(explain.Id, ToolRun.Interrupt), static () => "It never asked to be told of Ctrl-C.");
        explain.Signal(ToolRun.Interrupt);
        Assert.Equal(130, (await explain.FinishAsync()).ExitCode);
    }

    private string[] Held(ToolRun run) => HeldThings.Of(run, At(string.Empty));

    private bool HasMemory(ToolRun run) => Held(run).Any(static path => path.StartsWith("/memfd:original", StringComparison.Ordinal));

    private bool HasSocket(ToolRun run) => Held(run).Any(static path => path.StartsWith("socket:", StringComparison.Ordinal));

    /// <summary>Whether the process has a handler for a signal, from the mask that the kernel shows.</summary>
    private static bool IsCaught(int process, int signal)
    {
        string mask = File.ReadLines($"/proc/{process}/status").Single(static line => line.StartsWith("SigCgt:", StringComparison.Ordinal))["SigCgt:".Length..].Trim();
        return (Convert.ToUInt64(mask, 16) >> (signal - 1) & 1) == 1;
    }
}
