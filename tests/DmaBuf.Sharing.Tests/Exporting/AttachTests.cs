using FabricMapping;

namespace DmaBuf.Sharing.Tests;

/// <summary>Attaching over the socket is attaching: the same agreement, the same bytes, the same table of a failure.</summary>
public sealed class AttachTests : SharingTest
{
    [Fact]
    public async Task Bytes_that_one_side_writes_are_read_by_the_other()
    {
        await using BufferClient client = await ConnectAsync();
        using CpuAttachment remote = await client.AttachAsync("frame", new DmaBufferImporter("viewer"), CpuMappingType.Request(CpuAccess.ReadWrite), Token);
        using (CpuMapping mapping = remote.MapCpu(Token))
        {
            using CpuWriteLease lease = mapping.Write(Token);
            Assert.False(lease.Span.ContainsAnyExcept((byte)0x5a));
            lease.Span.Fill(7);
        }

        using CpuAttachment local = Buffer.Attach(new DmaBufferImporter("local"), CpuMappingType.Request());
        using CpuMapping seen = local.MapCpu(Token);
        seen.Read(0, static (bytes, _) => Assert.False(bytes.ContainsAnyExcept((byte)7)));
        Assert.Equal((Size, "memfd"), ((int)remote.Buffer.Size, remote.Buffer.Exporter.Name));
    }

    [Fact]
    public async Task The_memory_crosses_once_however_many_attachments_use_it()
    {
        await using BufferClient client = await ConnectAsync();
        using DescriptorAttachment first = await client.AttachAsync("frame", new DmaBufferImporter("encoder"), DescriptorMappingType.Request(), Token);
        using DescriptorAttachment second = await client.AttachAsync("frame", new DmaBufferImporter("display"), DescriptorMappingType.Request(), Token);
        using DescriptorMapping one = first.MapDescriptor(Token);
        using DescriptorMapping two = second.MapDescriptor(Token);
        Assert.Equal(Number(one), Number(two));
        Assert.Equal(2, Buffer.Registry.Buffers.Count(buffer => buffer != Buffer));

        static nint Number(DescriptorMapping mapping)
        {
            using DescriptorLease lease = mapping.Borrow();
            return lease.Handle.DangerousGetHandle();
        }
    }

    [Fact]
    public async Task A_failure_crosses_over_as_the_same_table()
    {
        MappingRequestList requests = [
            DescriptorMappingType.Request(new DescriptorNeeds { Kinds = DescriptorKind.DmaBuf }),
            DescriptorMappingType.Request(new DescriptorNeeds { RequiredSeals = DescriptorSeals.Write }),
            FabricMappingType.Request(new FabricNode(1, 2))];
        await using BufferClient client = await ConnectAsync();
        NegotiationFailedException there = await Assert.ThrowsAsync<NegotiationFailedException>(() => client.AttachAsync("frame", new DmaBufferImporter("viewer"), requests, Token));
        NegotiationFailedException here = Assert.Throws<NegotiationFailedException>(() => Buffer.Attach(new LettingGo($"viewer[{Environment.ProcessId}]"), requests));
        Assert.Equal(here.Negotiation.ToString(), there.Negotiation.ToString());
        Assert.Equal(here.Negotiation.Pairs, there.Negotiation.Pairs);
        Assert.Equal(here.Errno, there.Errno);
        Assert.Equal(here.Message, there.Message);
        Assert.Equal(0, Buffer.AttachmentCount);
    }

    [Fact]
    public async Task What_is_not_shared_and_what_is_withdrawn_is_not_found()
    {
        await using BufferClient client = await ConnectAsync();
        Assert.Equal([new SharedBufferDescription("frame", Size, "memfd")], await client.ListAsync(Token));
        await RefusedAsync(Errno.ENOENT, () => client.AttachAsync("other", new DmaBufferImporter("viewer"), CpuMappingType.Request(), Token));
        Assert.True(Server.Withdraw("frame"));
        Assert.Empty(await client.ListAsync(Token));
        await RefusedAsync(Errno.ENOENT, () => client.AttachAsync("frame", new DmaBufferImporter("viewer"), CpuMappingType.Request(), Token));
    }

    [Fact]
    public async Task Detaching_and_ending_the_connection_detach_at_the_exporter()
    {
        BufferClient client = await ConnectAsync();
        CpuAttachment attachment = await client.AttachAsync("frame", new DmaBufferImporter("viewer"), CpuMappingType.Request(), Token);
        Assert.Equal(2, Buffer.AttachmentCount); // the attachment that was negotiated, and the one that carries the memory
        attachment.Dispose();
        await UntilAsync(() => Buffer.AttachmentCount == 0);
        using CpuAttachment left = await client.AttachAsync("frame", new DmaBufferImporter("viewer"), CpuMappingType.Request(), Token);
        await client.DisposeAsync();
        Assert.Equal(BufferPhase.Dead, left.Buffer.Phase);
        Refused(Errno.ENODEV, () => left.MapCpu(Token));
        await UntilAsync(() => Server.ConnectionCount == 0);
    }

    [Fact]
    public async Task The_end_of_the_exporters_side_takes_the_memory_from_the_peer()
    {
        await using BufferClient client = await ConnectAsync();
        using CpuAttachment attachment = await client.AttachAsync("frame", new DmaBufferImporter("viewer"), CpuMappingType.Request(), Token);
        using CpuMapping mapping = attachment.MapCpu(Token);
        await Server.DisposeAsync();
        await client.Ended.WaitAsync(Token);
        Refused(Errno.ENODEV, () => mapping.Read(Token).Dispose());
        await RefusedAsync(Errno.ENOTCONN, () => client.ListAsync(Token));
    }

    [Fact]
    public async Task Fences_of_either_side_are_waited_for_by_the_other()
    {
        await using BufferClient client = await ConnectAsync();
        FenceSource early = Add(Buffer.Reservation, FenceUsage.Write);
        using CpuAttachment attachment = await client.AttachAsync("frame", new DmaBufferImporter("viewer"), CpuMappingType.Request(), Token);
        Reservation remote = attachment.Buffer.Reservation;
        Assert.False(remote.IsReadable); // known before the attach returned
        early.TrySignal();
        await UntilAsync(() => remote.IsReadable);
        FenceSource late = Add(Buffer.Reservation, FenceUsage.Write);
        await UntilAsync(() => !remote.IsReadable);
        Task<byte> reading = Task.Run(
            () =>
            {
                using CpuMapping mapping = attachment.MapCpu(Token);
                using CpuReadLease lease = mapping.Read(Token);
                Assert.True(late.Fence.IsSignaled);
                return lease.Span[0];
            },
            Token);
        late.TrySignal();
        Assert.Equal(0x5a, await reading);

        FenceSource mine = Add(remote, FenceUsage.Read);
        await UntilAsync(() => !Buffer.Reservation.IsWritable);
        mine.TryFail(Errno.EIO);
        await UntilAsync(() => Buffer.Reservation.IsWritable);
        FenceSource abandoned = Add(remote, FenceUsage.Read);
        await UntilAsync(() => !Buffer.Reservation.IsWritable);
        await client.DisposeAsync();
        await UntilAsync(() => Buffer.Reservation.IsWritable);
        abandoned.TrySignal();
        ExpectedProblems = 1; // the end of the connection is a revoke here, and names the work that went on
    }

    private static FenceSource Add(Reservation reservation, FenceUsage usage)
    {
        FenceSource source = new FenceContext("test").CreateFence();
        using ReservationLock held = reservation.Lock();
        reservation.AddFence(in held, source.Fence, usage);
        return source;
    }

    private sealed class LettingGo(string name) : DynamicImporter(name)
    {
        protected override void OnInvalidate(Attachment attachment, InvalidateReason reason, in ReservationLock held)
        {
            // Nothing is mapped.
        }
    }
}
