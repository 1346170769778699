using System.Security.Cryptography;

namespace DmaBuf.Tool.Tests;

/// <summary>Two real processes hand over a file, and whatever ends one of them leaves nothing behind.</summary>
public sealed class ShareTests : ScratchFolder
{
    [Theory]
    [InlineData(1)]
    [InlineData(4095)]
    [InlineData(4097)]
    [InlineData(1 << 20)]
    [InlineData((5 << 20) + 13)]
    public async Task A_file_arrives_as_it_was(int length)
    {
        string file = Write("original", length);
        using ToolRun share = ToolRun.Start(["share", file, "--socket", At("socket")]);
        await share.LineAsync("dmabuf receive");
        ToolResult received = await ToolRun.RunAsync("receive", At("socket"), "-o", At("copy"));
        ToolResult shared = await share.FinishAsync();
        received.AssertSuccess();
        shared.AssertSuccess();
        Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(At("copy")));
        string sha256 = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)));
        Assert.Contains(sha256, received.Output, StringComparison.Ordinal);
        Assert.Contains($"{sha256} verified", shared.Output, StringComparison.Ordinal);
        Assert.Contains("0 copies", shared.Output, StringComparison.Ordinal);
        Assert.Equal(["copy", "original"], Names());
    }

    [Fact]
    public async Task The_self_test_receives_in_a_second_process()
    {
        string file = Write("original", 300_001);
        ToolResult result = await ToolRun.RunAsync("share", file, "--self-test");
        result.AssertSuccess();
        Assert.Contains(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file))), result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ToolRun.Interrupt, 130)]
    [InlineData(ToolRun.Terminate, 143)]
    public async Task A_signal_ends_a_waiting_share_and_takes_its_socket_away(int signal, int exitCode)
    {
        using ToolRun share = ToolRun.Start(["share", Write("original", 5000), "--socket", At("socket")]);
        await share.LineAsync("dmabuf receive");
        Assert.True(File.Exists(At("socket")));
        share.Signal(signal);
        ToolResult result = await share.FinishAsync();
        Assert.Equal(exitCode, result.ExitCode);
        Assert.Equal(["original"], Names());
    }

    [Fact]
    public async Task A_share_that_is_killed_leaves_no_abstract_socket()
    {
        using ToolRun share = ToolRun.Start(["share", Write("original", 5000)]);
        string address = (await share.LineAsync("dmabuf receive")).Trim().Split(' ')[^1];
        share.Signal(ToolRun.Kill);
        await share.FinishAsync();
        (await ToolRun.RunAsync("receive", address)).AssertBadUse("nobody shares");
    }

    [Fact]
    public async Task A_receiver_that_goes_away_in_the_middle_is_reported()
    {
        using ToolRun share = ToolRun.Start(["share", Write("original", 5000), "--socket", At("socket")]);
        await share.LineAsync("dmabuf receive");
        using (Linux.DescriptorSocket.Connect(At("socket")))
        {
            // Connected and gone before it chose a mapping type.
        }

        ToolResult result = await share.FinishAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("went away", result.Errors, StringComparison.Ordinal);
        Assert.Equal(["original"], Names());
    }

    [Fact]
    public async Task A_sharer_that_goes_away_in_the_middle_is_reported_and_no_file_is_left()
    {
        using Linux.DescriptorListener listener = Linux.DescriptorListener.Listen(At("socket"));
        using ToolRun receive = ToolRun.Start(["receive", At("socket"), "-o", At("copy")]);
        (await listener.AcceptAsync(TestContext.Current.CancellationToken)).Dispose();
        ToolResult result = await receive.FinishAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("went away", result.Errors, StringComparison.Ordinal);
        Assert.Equal(["socket"], Names());
    }

    [Fact]
    public async Task Ctrl_C_ends_a_receiver_that_waits_and_leaves_no_file()
    {
        using Linux.DescriptorListener listener = Linux.DescriptorListener.Listen(At("socket"));
        using ToolRun receive = ToolRun.Start(["receive", At("socket"), "-o", At("copy")]);
        using Linux.DescriptorSocket silent = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        receive.Signal(ToolRun.Interrupt);
        Assert.Equal(130, (await receive.FinishAsync()).ExitCode);
        Assert.Equal(["socket"], Names());
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("{\"protocol\":\"dmabuf-share/9\",\"kind\":\"hello\"}")]
    [InlineData("{\"protocol\":\"dmabuf-share/1\",\"kind\":\"hello\",\"name\":\"\\u001b[2J\",\"size\":1,\"sha256\":\"\",\"offers\":[]}")]
    public async Task A_hostile_greeting_is_refused_before_anything_is_believed(string greeting)
    {
        using Linux.DescriptorListener listener = Linux.DescriptorListener.Listen(At("socket"));
        using ToolRun receive = ToolRun.Start(["receive", At("socket")]);
        using Linux.DescriptorSocket socket = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        await socket.SendAsync(System.Text.Encoding.UTF8.GetBytes(greeting), TestContext.Current.CancellationToken);
        ToolResult result = await receive.FinishAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("message was refused", result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', result.Errors);
    }
}
