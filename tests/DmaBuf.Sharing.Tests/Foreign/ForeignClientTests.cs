using System.Diagnostics;
using System.Globalization;

namespace DmaBuf.Sharing.Tests;

/// <summary>A client in C that shares no code with us: it speaks the documented protocol, cannot write what it may only read, and may die at any moment.</summary>
public sealed class ForeignClientTests(CompiledClient client) : SharingTest, IClassFixture<CompiledClient>
{
    [Fact]
    public async Task It_attaches_and_reads_every_byte()
    {
        CCompiler.SkipUnlessThere();
        Assert.Equal((0, ""), await RunAsync("frame", "verify"));
        await UntilAsync(() => Buffer.AttachmentCount == 0);
    }

    [Theory]
    [InlineData(MemorySeals.ReadOnly)]
    [InlineData(MemorySeals.Frozen)]
    public async Task It_finds_no_way_to_write_what_it_may_only_read(MemorySeals seals)
    {
        CCompiler.SkipUnlessThere();
        using DmaBuffer buffer = Export(seals);
        Server.Share("sealed", buffer);
        Assert.Equal((0, ""), await RunAsync("sealed", "attack"));
        using (CpuAttachment attachment = buffer.Attach(new DmaBufferImporter("local"), CpuMappingType.Request()))
        using (CpuMapping mapping = attachment.MapCpu(Token))
        {
            mapping.Read(0, static (bytes, _) => Assert.False(bytes.ContainsAnyExcept((byte)0x5a)));
        }

        Server.Withdraw("sealed");
        await UntilAsync(() => buffer.AttachmentCount == 0);
    }

    [Fact]
    public async Task Its_attack_works_on_memory_that_is_not_sealed_so_that_the_test_above_can_fail()
    {
        CCompiler.SkipUnlessThere();
        (int code, string complaint) = await RunAsync("frame", "attack");
        Assert.Equal(2, code);
        Assert.Contains("a writable mapping worked", complaint, StringComparison.Ordinal);
        await UntilAsync(() => Buffer.AttachmentCount == 0);
    }

    [Fact]
    public async Task It_is_told_why_it_is_refused()
    {
        CCompiler.SkipUnlessThere();
        (int code, string complaint) = await RunAsync("nothing", "verify");
        Assert.Equal(3, code);
        Assert.Contains("errno 2: Attaching to 'nothing' was refused", complaint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_peer_that_does_not_answer_a_revoke_stays_named_until_it_is_dead()
    {
        CCompiler.SkipUnlessThere();
        using Process process = client.Start(Address, "frame", "hold", "90");
        Assert.Equal("held", await process.StandardOutput.ReadLineAsync(Token));
        RevokeReport report = await Buffer.RevokeAsync(TimeSpan.FromMilliseconds(50), Token);
        Assert.Equal((RevokeOutcome.Quarantined, $"foreign[{process.Id}]"), (report.Outcome, Assert.Single(report.Attachments).Importer));
        await UntilAsync(() => Server.ConnectionCount == 0);
        Assert.True(Buffer.IsQuarantined);
        process.Kill();
        await process.WaitForExitAsync(Token);
        await UntilAsync(() => !Buffer.IsQuarantined);
        await Buffer.UnrevokeAsync(Token);
        ExpectedProblems = Registry.ProblemCount;
        Assert.Equal(1, ExpectedProblems);
    }

    /// <summary>Killed at a random moment from its start on: attaching, mapping, or holding.</summary>
    [Fact]
    public async Task Killed_at_any_moment_it_leaves_nothing_behind()
    {
        CCompiler.SkipUnlessThere();
        int seed = Environment.GetEnvironmentVariable("DMABUF_KILL_SEED") is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : Random.Shared.Next();
        int rounds = Environment.GetEnvironmentVariable("DMABUF_KILLS") is { } number ? int.Parse(number, CultureInfo.InvariantCulture) : 200;
        TestContext.Current.TestOutputHelper!.WriteLine($"DMABUF_KILL_SEED={seed}");
        Random random = new(seed);
        for (int round = 0; round < rounds; round++)
        {
            using Process process = client.Start(Address, "frame", "hold", "90");
            Thread.SpinWait(random.Next(300_000));
            process.Kill();
            await process.WaitForExitAsync(Token);
        }

        await UntilAsync(() => Buffer.AttachmentCount == 0 && Server.ConnectionCount == 0);
        Assert.Equal(RevokeOutcome.Drained, (await Buffer.RevokeAsync(TimeSpan.Zero, Token)).Outcome);
        Assert.Equal(0, Registry.ProblemCount);
    }

    private async Task<(int Code, string Complaint)> RunAsync(string buffer, string action)
    {
        using Process process = client.Start(Address, buffer, action, "90");
        string complaint = await process.StandardError.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        return (process.ExitCode, complaint);
    }
}
