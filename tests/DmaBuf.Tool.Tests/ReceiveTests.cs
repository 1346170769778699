using System.Security.Cryptography;
using DmaBuf.Linux;

namespace DmaBuf.Tool.Tests;

/// <summary>What <c>dmabuf receive</c> makes of a sharer that errs or ends, and of a place where it cannot write.</summary>
public sealed class ReceiveTests : ScratchFolder
{
    private readonly byte[] _bytes = [.. Enumerable.Range(0, 10_000).Select(static index => (byte)(index * 7))];

    [Fact]
    public async Task A_wrong_checksum_is_told_to_both_sides_and_nothing_is_written()
    {
        using DescriptorListener listener = DescriptorListener.Listen(At("socket"));
        using ToolRun receive = ToolRun.Start("receive", At("socket"), "-o", At("copy"));
        using PretendedSharer sharer = await PretendedSharer.AcceptAsync(listener);
        await sharer.ShareAsync(_bytes, Convert.ToHexStringLower(SHA256.HashData([])));
        string told = await sharer.ReceiveAsync();
        ToolResult result = await receive.FinishAsync();
        Assert.Equal((1, string.Empty), (result.ExitCode, result.Output));
        Assert.Contains("nothing was written", result.Errors, StringComparison.Ordinal);
        Assert.Contains("\"failed\"", told, StringComparison.Ordinal);
        Assert.Contains("nothing was written", told, StringComparison.Ordinal);
        Assert.Equal(["socket"], Names());
    }

    [Fact]
    public async Task A_sharer_that_ends_after_it_sent_the_memory_takes_nothing_away()
    {
        using DescriptorListener listener = DescriptorListener.Listen(At("socket"));
        using ToolRun receive = ToolRun.Start("receive", At("socket"), "-o", At("copy"));
        using (PretendedSharer sharer = await PretendedSharer.AcceptAsync(listener))
        {
            await sharer.AnnounceAsync(_bytes, Convert.ToHexStringLower(SHA256.HashData(_bytes)));
            // Until the sharer has ended, so that it surely cannot be told.
            receive.Signal(ToolRun.Stop);
            await sharer.HandOverAsync(_bytes);
        }

        receive.Signal(ToolRun.Continue);
        ToolResult result = await receive.FinishAsync();
        result.AssertSuccess();
        Assert.Equal("dmabuf: the sharer ended before it could be told; what was received is complete and verified\n", result.Errors);
        Assert.Equal(_bytes, File.ReadAllBytes(At("copy")));
        Assert.Equal(["copy", "socket"], Names());
    }

    [Fact]
    public async Task Its_times_tell_reading_from_hashing()
    {
        using DescriptorListener listener = DescriptorListener.Listen(At("socket"));
        using ToolRun receive = ToolRun.Start("receive", At("socket"), "--json", "-o", At("copy"));
        using PretendedSharer sharer = await PretendedSharer.AcceptAsync(listener);
        await sharer.ShareAsync(_bytes, Convert.ToHexStringLower(SHA256.HashData(_bytes)));
        Assert.Contains("\"done\"", await sharer.ReceiveAsync(), StringComparison.Ordinal);
        ToolResult result = await receive.FinishAsync();
        result.AssertSuccess();
        Assert.Equal(
            ["receive", "adopt", "attach", "map", "read", "hash", "write"],
            result.Json().GetProperty("milliseconds").EnumerateObject().Select(static step => step.Name));
    }

    [Fact]
    public async Task A_directory_cannot_be_the_output() => (await ToolRun.RunAsync("receive", "@dmabuf-nobody", "-o", At(string.Empty))).AssertBadUse("is a directory");

    [Fact]
    public async Task An_empty_name_cannot_be_the_output() => (await ToolRun.RunAsync("receive", "@dmabuf-nobody", "-o", "")).AssertBadUse("no file name");

    [Fact]
    public async Task A_device_is_never_replaced_by_a_file()
    {
        (await ToolRun.RunAsync("receive", "@dmabuf-nobody", "-o", "/dev/null")).AssertBadUse("leave -o away");
        Assert.Equal(0, new FileInfo("/dev/null").Length);
        Assert.Empty(Directory.EnumerateFiles("/dev", "null.*.part"));
    }

    [Fact]
    public async Task A_directory_that_is_not_there_is_bad_use()
        => (await ToolRun.RunAsync("receive", "@dmabuf-nobody", "-o", At("missing/copy"))).AssertBadUse("give -o a path in a directory that you may write");

    [Fact]
    public async Task Through_a_link_the_file_behind_it_is_written()
    {
        File.CreateSymbolicLink(At("link"), At("behind"));
        File.WriteAllText(At("behind"), "old");
        using ToolRun share = ToolRun.Start("share", Write("original", 5000), "--socket", At("socket"));
        await share.LineAsync("dmabuf receive");
        (await ToolRun.RunAsync("receive", At("socket"), "-o", At("link"))).AssertSuccess();
        (await share.FinishAsync()).AssertSuccess();
        Assert.Equal(File.ReadAllBytes(At("original")), File.ReadAllBytes(At("behind")));
        Assert.NotNull(new FileInfo(At("link")).LinkTarget);
    }

    [Fact]
    public void A_disk_without_room_is_told_before_the_work_and_leaves_nothing()
    {
        using (ReceivedFile file = new(At("copy")))
        {
            DmaBufException refusal = Assert.Throws<DmaBufException>(() => file.RequireRoom(ulong.MaxValue));
            Assert.Equal(Errno.ENOSPC, refusal.Errno);
            Assert.Contains("give -o a path on another disk", refusal.Message, StringComparison.Ordinal);
        }

        Assert.Empty(Names());
    }

    [Fact]
    public void A_disk_that_becomes_full_is_told_with_the_file_and_leaves_nothing()
    {
        using (ReceivedFile file = new(At("copy")))
        {
            DmaBufException failure = Assert.Throws<DmaBufException>(() => file.Fill(static _ => throw new IOException("No space left on device")));
            Assert.Contains($"Writing {At("copy")} failed: No space left on device", failure.Message, StringComparison.Ordinal);
        }

        Assert.Empty(Names());
    }
}
