namespace DmaBuf.Sharing.Tests;

/// <summary>A revoke of the exporter takes the memory from other processes, and says of whom it could not.</summary>
public sealed class RevokeTests : SharingTest
{
    [Fact]
    public async Task A_revoke_drains_the_peer_and_an_unrevoke_gives_the_memory_back()
    {
        await using BufferClient client = await ConnectAsync();
        using CpuAttachment attachment = await client.AttachAsync("frame", new DmaBufferImporter("viewer"), CpuMappingType.Request(CpuAccess.ReadWrite), Token);
        attachment.MapCpu(Token).Dispose();
        RevokeReport report = await Buffer.RevokeAsync(TimeSpan.FromSeconds(10), Token);
        Assert.Equal(RevokeOutcome.Drained, report.Outcome);
        Assert.ThrowsAny<DmaBufException>(() => attachment.MapCpu(Token));
        await Buffer.UnrevokeAsync(Token);
        await UntilAsync(() => attachment.Buffer.Phase == BufferPhase.Live);
        using CpuMapping mapping = attachment.MapCpu(Token);
        mapping.Read(0, static (bytes, _) => Assert.False(bytes.ContainsAnyExcept((byte)0x5a)));
    }

    [Fact]
    public async Task A_peer_that_is_inside_is_cut_off_within_the_deadline_by_its_own_side()
    {
        await using BufferClient client = await ConnectAsync();
        using CpuAttachment attachment = await client.AttachAsync("frame", new DmaBufferImporter("viewer"), CpuMappingType.Request(), Token);
        CpuMapping mapping = attachment.MapCpu(Token);
        RevokeReport report = await Buffer.RevokeAsync(TimeSpan.FromSeconds(2), Token);
        Assert.Equal(RevokeOutcome.Drained, report.Outcome); // the pages of the peer's mapping were replaced, so nobody is left
        Refused(Errno.ENODEV, () => mapping.Read(Token).Dispose());
        mapping.Dispose();
        Assert.False(client.Ended.IsCompleted);
    }

    [Fact]
    public async Task A_peer_that_will_not_let_go_is_named_and_its_connection_ends()
    {
        BufferClient client = await ConnectAsync(new BufferClientOptions { Name = "hoarder" });
        DescriptorAttachment attachment = await client.AttachAsync("frame", new DmaBufferImporter("viewer"), DescriptorMappingType.Request(), Token);
        DescriptorMapping kept = attachment.MapDescriptor(Token);
        RevokeReport report = await Buffer.RevokeAsync(TimeSpan.FromMilliseconds(50), Token);
        Assert.Equal(RevokeOutcome.Quarantined, report.Outcome);
        RevokedAttachment named = Assert.Single(report.Attachments);
        Assert.Equal($"hoarder[{Environment.ProcessId}]", named.Importer);
        await client.Ended.WaitAsync(Token);
        await UntilAsync(() => Server.ConnectionCount == 0);
        Assert.True(Buffer.IsQuarantined);
        await RefusedAsync(Errno.EBUSY, () => Buffer.UnrevokeAsync(Token).AsTask());
        kept.Dispose();
        attachment.Dispose();
        await client.DisposeAsync();
        ExpectedProblems = Registry.ProblemCount;
        Assert.True(ExpectedProblems >= 1);
    }
}
