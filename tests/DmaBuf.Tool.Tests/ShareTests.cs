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
        using ToolRun share = ToolRun.Start("share", file, "--socket", At("socket"));
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

    [Fact]
    public async Task Its_times_tell_copying_from_hashing()
    {
        ToolResult result = await ToolRun.RunAsync("share", Write("original", 300_001), "--self-test", "--json");
        result.AssertSuccess();
        Assert.Equal(
            ["reserve", "copy", "hash", "greet", "attach", "send", "receiver"],
            result.Json().GetProperty("milliseconds").EnumerateObject().Select(static step => step.Name));
    }

    [Theory]
    [InlineData(ToolRun.Interrupt, 130)]
    [InlineData(ToolRun.Terminate, 143)]
    public async Task A_signal_ends_a_waiting_share_and_takes_its_socket_away(int signal, int exitCode)
    {
        using ToolRun share = ToolRun.Start("share", Write("original", 5000), "--socket", At("socket"));
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
        using ToolRun share = ToolRun.Start("share", Write("original", 5000));
        string address = (await share.LineAsync("dmabuf receive")).Trim().Split(' ')[^1];
        share.Signal(ToolRun.Kill);
        await share.FinishAsync();
        (await ToolRun.RunAsync("receive", address)).AssertBadUse("nobody shares");
    }

    [Fact]
    public async Task A_receiver_that_goes_away_in_the_middle_is_reported()
    {
        using ToolRun share = ToolRun.Start("share", Write("original", 5000), "--socket", At("socket"));
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
    public async Task A_receiver_that_dies_with_the_memory_in_its_hands_is_reported()
    {
        using ToolRun share = ToolRun.Start("share", Write("original", 5000), "--socket", At("socket"));
        await share.LineAsync("dmabuf receive");
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        using (Linux.DescriptorSocket socket = Linux.DescriptorSocket.Connect(At("socket")))
        {
            byte[] received = new byte[4096];
            using Linux.DescriptorMessage? hello = await socket.ReceiveAsync(received, 0, cancellationToken);
            await socket.SendAsync("""{"protocol":"dmabuf-share/1","kind":"choice","type":"Descriptor/1"}"""u8.ToArray(), cancellationToken);
            using Linux.DescriptorMessage? memory = await socket.ReceiveAsync(received, 1, cancellationToken);
            memory!.RequireDescriptors(1);
            using Linux.MemoryFile file = Linux.MemoryFile.Adopt(
                memory.TakeDescriptor(0), new Linux.MemoryFileRequirements { MinimumLength = 5000, ReadOnly = true });
            Assert.True(file.Seals.HasFlag(Linux.MemorySeals.Frozen));
        }

        ToolResult result = await share.FinishAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("went away while it read the memory", result.Errors, StringComparison.Ordinal);
        Assert.Equal(["original"], Names());
    }

    [Fact]
    public async Task A_choice_of_a_type_that_is_not_offered_is_refused_on_both_sides()
    {
        using ToolRun share = ToolRun.Start("share", Write("original", 5000), "--socket", At("socket"));
        await share.LineAsync("dmabuf receive");
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        using Linux.DescriptorSocket socket = Linux.DescriptorSocket.Connect(At("socket"));
        byte[] received = new byte[4096];
        (await socket.ReceiveAsync(received, 0, cancellationToken))!.Dispose();
        await socket.SendAsync("""{"protocol":"dmabuf-share/1","kind":"choice","type":"PhysicalAddressList/1"}"""u8.ToArray(), cancellationToken);
        using Linux.DescriptorMessage? answer = await socket.ReceiveAsync(received, 1, cancellationToken);
        Assert.Equal(0, answer!.DescriptorCount);
        Assert.Contains("failed", System.Text.Encoding.UTF8.GetString(received, 0, answer.Length), StringComparison.Ordinal);
        Assert.Equal(1, (await share.FinishAsync()).ExitCode);
    }

    [Fact]
    public async Task Ctrl_C_in_a_self_test_ends_the_second_process_too()
    {
        using ToolRun share = ToolRun.Start("share", Write("original", 40 << 20), "--self-test", "--socket", At("socket"));
        await share.LineAsync("a second process receives it");
        share.Signal(ToolRun.Interrupt);
        ToolResult result = await share.FinishAsync();
        Assert.True(result.ExitCode is 130 or 0, $"exit code {result.ExitCode}\n{result.Errors}");
        Assert.Equal(["original"], Names());
    }

    [Fact]
    public async Task Three_GiB_arrive_as_they_were()
    {
        const long Length = 3L << 30;
        Assert.SkipUnless(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes > 3 * Length, "this machine has less than 9 GiB of memory");
        WriteSparse("sparse", Length);
        ToolResult result = await ToolRun.RunAsync("share", At("sparse"), "--self-test", "--json");
        result.AssertSuccess();
        Assert.Equal(Length, result.Json().GetProperty("size").GetInt64());
        // sha256sum of 3 * 2^30 - 1 zeros and an A.
        Assert.Equal("6d127186d979be0d8ee8fb559ba544561e3e19b5911ecfd35352c9656943f8ae", result.Json().GetProperty("sha256").GetString());
        Assert.True(result.Json().GetProperty("verified").GetBoolean());
    }

    [Fact]
    public async Task A_sharer_that_goes_away_in_the_middle_is_reported_and_no_file_is_left()
    {
        using Linux.DescriptorListener listener = Linux.DescriptorListener.Listen(At("socket"));
        using ToolRun receive = ToolRun.Start("receive", At("socket"), "-o", At("copy"));
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
        using ToolRun receive = ToolRun.Start("receive", At("socket"), "-o", At("copy"));
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
        using ToolRun receive = ToolRun.Start("receive", At("socket"));
        using Linux.DescriptorSocket socket = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        await socket.SendAsync(System.Text.Encoding.UTF8.GetBytes(greeting), TestContext.Current.CancellationToken);
        ToolResult result = await receive.FinishAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("message was refused", result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', result.Errors);
    }
}
