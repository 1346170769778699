namespace DmaBuf.Tool.Tests;

/// <summary>Help, bad use, and the form of the output.</summary>
public sealed class CommandLineTests : ScratchFolder
{
    [Theory]
    [InlineData("demo")]
    [InlineData("matrix")]
    [InlineData("share")]
    [InlineData("receive")]
    [InlineData("explain")]
    public async Task Help_of_a_command_shows_examples(string command)
    {
        ToolResult result = await ToolRun.RunAsync(command, "--help");
        result.AssertSuccess();
        Assert.Contains("Examples:", result.Output, StringComparison.Ordinal);
        Assert.Contains($"dmabuf {command}", result.Output, StringComparison.Ordinal);
        Assert.Contains("--json", result.Output, StringComparison.Ordinal);
        Assert.Contains("Exit codes: 0 done; 1 failed, or a verification did not hold; 2 bad use;", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("demo")]
    public async Task A_standard_output_that_is_full_is_one_line_and_1(string argument)
    {
        using ToolRun run = ToolRun.StartShell("exec \"$0\" \"$1\" >/dev/full", argument);
        ToolResult result = await run.FinishAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("dmabuf: ", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_does_not_exist_is_bad_use() => (await ToolRun.RunAsync("shere")).AssertBadUse("'shere' is no command");

    [Fact]
    public async Task No_command_at_all_is_bad_use() => (await ToolRun.RunAsync()).AssertBadUse("dmabuf --help");

    [Fact]
    public async Task A_missing_argument_is_bad_use() => (await ToolRun.RunAsync("share")).AssertBadUse("dmabuf share --help");

    [Fact]
    public async Task An_unknown_option_is_bad_use() => (await ToolRun.RunAsync("demo", "--fast")).AssertBadUse("--fast");

    [Fact]
    public async Task A_file_that_is_not_there_is_bad_use() => (await ToolRun.RunAsync("share", At("missing"))).AssertBadUse("give the path of a file");

    [Fact]
    public async Task An_empty_file_is_refused_with_a_remedy()
    {
        File.WriteAllBytes(At("empty"), []);
        (await ToolRun.RunAsync("share", At("empty"))).AssertBadUse("write something into it");
    }

    [Fact]
    public async Task A_directory_cannot_be_shared() => (await ToolRun.RunAsync("share", At(string.Empty))).AssertBadUse("is a directory");

    [Fact]
    public async Task A_pipe_without_a_writer_is_refused_and_not_waited_for()
    {
        using ToolRun run = ToolRun.StartShell("mkfifo \"$1\" && exec \"$0\" share \"$1\"", At("pipe"));
        (await run.FinishAsync()).AssertBadUse("save what it gives to a file");
    }

    [Fact]
    public async Task Standard_input_that_is_a_pipe_is_refused()
    {
        using ToolRun run = ToolRun.StartShell("echo bytes | \"$0\" share /dev/stdin");
        (await run.FinishAsync()).AssertBadUse("save what it gives to a file");
    }

    [Fact]
    public async Task A_bad_address_is_refused_before_the_file_is_copied()
        => (await ToolRun.RunAsync("share", WriteSparse("large", 8L << 30), "--socket", At("missing/socket"))).AssertBadUse("The directory is not there");

    [Fact]
    public async Task A_file_larger_than_the_memory_is_refused_with_a_remedy_and_takes_nothing()
    {
        ToolResult result = await ToolRun.RunAsync("share", WriteSparse("huge", 1L << 43));
        Assert.Equal((1, string.Empty), (result.ExitCode, result.Output));
        Assert.Contains("nothing was taken", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_socket_where_nobody_shares_is_bad_use() => (await ToolRun.RunAsync("receive", "@dmabuf-nobody")).AssertBadUse("run 'dmabuf share FILE' first");

    [Fact]
    public async Task A_description_that_is_no_JSON_is_bad_use()
    {
        File.WriteAllText(At("broken.json"), "{ \"buffer\": ");
        (await ToolRun.RunAsync("explain", At("broken.json"))).AssertBadUse("line 1");
    }

    [Theory]
    [InlineData("memfd-to-program.json", "agreed on Cpu")]
    [InlineData("peer-to-peer-refused.json", "accept peer-to-peer")]
    public async Task The_samples_are_explained(string sample, string expected)
    {
        ToolResult result = await ToolRun.RunAsync("explain", Path.Combine(AppContext.BaseDirectory, "samples", sample));
        result.AssertSuccess();
        Assert.Contains(expected, result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', result.Output);
    }

    [Fact]
    public async Task An_explanation_as_JSON_is_a_record_that_reads_back()
    {
        ToolResult result = await ToolRun.RunAsync("explain", Path.Combine(AppContext.BaseDirectory, "samples", "peer-to-peer-refused.json"), "--json");
        result.AssertSuccess();
        Negotiation read = NegotiationJson.Read(result.Output);
        Assert.Equal("peer-to-peer", read.Pairs[0].Decline?.Property);
        Assert.Single(read.Remedies);
    }

    [Fact]
    public async Task The_demo_verifies_its_hand_over_and_its_remedy()
    {
        ToolResult result = await ToolRun.RunAsync("demo", "--json");
        result.AssertSuccess();
        Assert.True(result.Json().GetProperty("handover").GetProperty("verified").GetBoolean());
        Assert.Equal("access", result.Json().GetProperty("refused").GetProperty("property").GetString());
        Assert.True(result.Json().GetProperty("refused").GetProperty("remedyVerified").GetBoolean());
    }
}
