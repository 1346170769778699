using FabricMapping;

namespace DmaBuf.Sharing.Tests;

/// <summary>A mapping type that the framework does not know crosses with its own codec: request there, agreement here, and a window that works.</summary>
public sealed class StrangersTypeTests : SharingTest
{
    private static readonly FabricNode s_gpu = new(Link: 1, Number: 0);

    protected override BufferServerOptions Options => new() { Types = [.. SharedMappingType.Standard, new SharedFabric()] };

    [Fact]
    public async Task It_attaches_and_maps_in_the_other_process_without_memory()
    {
        using DmaBuffer buffer = DmaBuffer.Export(new FabricExporter(s_gpu), 4096, new DmaBufferExportOptions { Registry = Registry });
        Server.Share("fabric", buffer);
        await using (BufferClient client = await ConnectAsync(new BufferClientOptions { Types = [new SharedFabric()] }))
        {
            using FabricAttachment attachment = await client.AttachAsync("fabric", new DmaBufferImporter("nic"), FabricMappingType.Request(new FabricNode(1, 3)), Token);
            Assert.Equal(1, buffer.AttachmentCount);
            using FabricWindow window = attachment.MapFabric();
            Assert.Equal(new FabricRange(s_gpu, 0, 4096), window.Use(static range => range));
            NegotiationFailedException failure = await Assert.ThrowsAsync<NegotiationFailedException>(
                () => client.AttachAsync("fabric", new DmaBufferImporter("nic"), FabricMappingType.Request(new FabricNode(2, 3)), Token));
            Assert.Contains("declined for link: offered 1, wanted 2", failure.Message, StringComparison.Ordinal);
        }

        Server.Withdraw("fabric");
        await UntilAsync(() => buffer.AttachmentCount == 0);
    }

    [Fact]
    public async Task Where_one_side_does_not_know_it_it_is_not_offered()
    {
        await using BufferClient client = await ConnectAsync(); // without the type: its request crosses by name alone
        NegotiationFailedException failure = await Assert.ThrowsAsync<NegotiationFailedException>(
            () => client.AttachAsync("frame", new DmaBufferImporter("nic"), FabricMappingType.Request(new FabricNode(1, 3)), Token));
        Assert.Equal(Errno.EINVAL, failure.Errno);
        Assert.All(failure.Negotiation.Pairs, static pair => Assert.Equal(NegotiationPairResult.DifferentType, pair.Result));
    }

    /// <summary>Facts: the exporter's node, as link and number.</summary>
    private sealed class SharedFabric() : SharedMappingType(new FabricCodec())
    {
        protected internal override SharedGrant Grant(Attachment attachment) => new(new[] { (byte)s_gpu.Link, (byte)s_gpu.Number }, NeedsMemory: false);

        protected internal override MappingOffer Accept(ReadOnlyMemory<byte> facts, SharedMemoryView? memory)
            => FabricMappingType.Offer(new FabricNode(facts.Span[0], facts.Span[1]), new Windows());
    }

    private sealed class Windows : IFabricOperations
    {
        public FabricRange OpenWindow(FabricAttachment attachment, in ReservationLock held) => new(s_gpu, 0, attachment.Buffer.Size);

        public void CloseWindow(FabricAttachment attachment, FabricRange range, in ReservationLock held)
        {
            // The link counts none here.
        }
    }
}
