namespace DmaBuf.Sharing.Tests;

/// <summary>The policy decides, and reading alone is enforced by seals.</summary>
public sealed class PolicyTests : SharingTest
{
    private readonly Choice _choice = new();

    protected override BufferServerOptions Options => new() { Policy = _choice };

    [Fact]
    public async Task A_strangers_uid_is_refused_at_hello()
    {
        PeerCredentials own = await OwnAsync();
        Assert.True(SharingPolicy.SameUser.MayConnect(own));
        Assert.False(SharingPolicy.SameUser.MayConnect(own with { UserId = own.UserId + 1 }));
        Assert.Null(SharingPolicy.SameUser.MayAttach(own with { UserId = own.UserId + 1 }, "frame", Buffer));
        _choice.Connect = new SameUserPolicy(own.UserId + 1).MayConnect;
        await RefusedAsync(Errno.EACCES, () => ConnectAsync());
    }

    [Fact]
    public async Task A_buffer_that_is_not_allowed_is_neither_listed_nor_attached()
    {
        _choice.Access = null;
        await using BufferClient client = await ConnectAsync();
        Assert.Empty(await client.ListAsync(Token));
        await RefusedAsync(Errno.EACCES, () => client.AttachAsync("frame", new DmaBufferImporter("viewer"), CpuMappingType.Request(), Token));
        Assert.Equal(0, Buffer.AttachmentCount);
    }

    [Fact]
    public async Task Reading_alone_needs_write_seals()
    {
        _choice.Access = CpuAccess.Read;
        using DmaBuffer sealedBuffer = Export(MemorySeals.ReadOnly);
        Server.Share("sealed", sealedBuffer);
        await using BufferClient client = await ConnectAsync();
        await RefusedAsync(Errno.EPERM, () => client.AttachAsync("frame", new DmaBufferImporter("viewer"), CpuMappingType.Request(), Token));
        Assert.Equal(0, Buffer.AttachmentCount);
        using CpuAttachment attachment = await client.AttachAsync("sealed", new DmaBufferImporter("viewer"), CpuMappingType.Request(), Token);
        using CpuMapping mapping = attachment.MapCpu(Token);
        mapping.Read(0, static (bytes, _) => Assert.Equal(0x5a, bytes[^1]));
        Refused(Errno.EPERM, () => mapping.Write(Token).Dispose());
        Server.Withdraw("sealed");
    }

    [Fact]
    public async Task A_policy_that_throws_ends_the_connection_and_no_other()
    {
        await using BufferClient other = await ConnectAsync();
        _choice.Connect = static _ => throw new InvalidOperationException("no answer");
        await RefusedAsync(Errno.EIO, () => ConnectAsync());
        await UntilAsync(() => Server.ConnectionCount == 1);
        Assert.Single(await other.ListAsync(Token));
    }

    private async Task<PeerCredentials> OwnAsync()
    {
        await using BufferClient client = await ConnectAsync();
        return client.Peer;
    }

    private sealed class Choice : SharingPolicy
    {
        internal Func<PeerCredentials, bool> Connect { get; set; } = static _ => true;

        internal CpuAccess? Access { get; set; } = CpuAccess.ReadWrite;

        protected internal override bool MayConnect(PeerCredentials peer) => Connect(peer);

        protected internal override CpuAccess? MayAttach(PeerCredentials peer, string name, DmaBuffer buffer) => Access;
    }
}
