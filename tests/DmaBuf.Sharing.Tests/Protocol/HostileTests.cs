using System.Runtime.InteropServices;
using CsCheck;

namespace DmaBuf.Sharing.Tests;

/// <summary>What strangers send: whatever it is, the connection that sent it ends with EPROTO or is answered, nothing stays, and other peers are served on.</summary>
public sealed class HostileTests : SharingTest
{
    protected override BufferServerOptions Options => new() { MaximumAttachments = 4, MaximumConnections = 3, HelloTimeout = TimeSpan.FromMilliseconds(300) };

    [Fact]
    public void Bytes_of_any_kind_are_read_as_a_message_or_refused_as_EPROTO()
        => Gen.Byte.Array[0, 200].Sample(static bytes =>
        {
            ReadOrRefuse(bytes);
            byte[] hello = [1, 0, 0, 0, 1, 0, 0, 0, .. bytes];
            ReadOrRefuse(hello);
        });

    [Fact]
    public void A_message_with_any_byte_changed_or_any_end_cut_is_read_or_refused_as_EPROTO()
    {
        byte[] message = Message.Write(MessageKind.Attach, 0, 2, Attach("frame"));
        Assert.Equal(MessageKind.Attach, Message.Read(message).Kind);
        for (int at = 0; at < message.Length; at++)
        {
            ReadOrRefuse(message.AsMemory(0, at));
            for (int bit = 0; bit < 8; bit++)
            {
                byte[] changed = [.. message];
                changed[at] ^= (byte)(1 << bit);
                ReadOrRefuse(changed);
            }
        }
    }

    [Fact]
    public async Task Fuzzed_messages_end_their_connection_and_no_other()
    {
        await using BufferClient good = await ConnectAsync();
        byte[][] seeds = [
            Message.Write(MessageKind.List, 0, 2, new MessageWriter()),
            Message.Write(MessageKind.Attach, 0, 2, Attach("frame")),
            Message.Write(MessageKind.Detach, 0, 0, new MessageWriter().Add(1, 2UL)),
            Message.Write(MessageKind.Released, 0, 0, new MessageWriter().Add(1, "frame").Add(2, 1UL)),
            Message.Write(MessageKind.Fence, 0, 0, new MessageWriter().Add(1, "frame").Add(2, 1UL).Add(3, 1UL)),
            Message.Write(MessageKind.Signaled, 0, 0, new MessageWriter().Add(1, "frame").Add(2, 1UL).Add(3, 0UL))];
        Random random = new(20260101);
        for (int round = 0; round < 150; round++)
        {
            using DescriptorSocket socket = DescriptorSocket.Connect(Address);
            await SendAsync(socket, Hello());
            await ReceiveAsync(socket);
            try
            {
                for (int count = 0; count < 6; count++)
                {
                    byte[] bytes = [.. seeds[random.Next(seeds.Length)]];
                    for (int changes = random.Next(4); changes > 0; changes--)
                    {
                        bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                    }

                    await SendAsync(socket, bytes[..random.Next(random.Next(2) == 0 ? 1 : bytes.Length, bytes.Length + 1)]);
                }
            }
            catch (DmaBufException gone) when (gone.Errno is Errno.EPIPE or Errno.ECONNRESET)
            {
                // Cut off: that is what should happen.
            }

            socket.Dispose();
            await UntilAsync(() => Server.ConnectionCount == 1);
        }

        Assert.Single(await good.ListAsync(Token));
    }

    [Theory]
    [InlineData("Attach")]
    [InlineData("Detach")]
    [InlineData("Hello")]
    [InlineData("Memory")]
    public async Task What_is_not_due_is_EPROTO(string what)
    {
        using DescriptorSocket socket = DescriptorSocket.Connect(Address);
        if (what != "Attach")
        {
            await SendAsync(socket, Hello());
            Assert.Equal(MessageKind.Welcome, (await ReceiveAsync(socket))!.Value.Kind);
        }

        await SendAsync(socket, what switch
        {
            "Attach" => Message.Write(MessageKind.Attach, 0, 1, Attach("frame")),
            "Detach" => Message.Write(MessageKind.Detach, 0, 0, new MessageWriter().Add(1, 77UL)),
            "Hello" => Hello(2),
            _ => Message.Write(MessageKind.Listing, 0, 3, new MessageWriter()),
        });
        await ExpectEndAsync(socket, Errno.EPROTO);
    }

    [Fact]
    public async Task A_replayed_request_is_EPROTO()
    {
        using DescriptorSocket socket = DescriptorSocket.Connect(Address);
        await SendAsync(socket, Hello());
        await ReceiveAsync(socket);
        await SendAsync(socket, Message.Write(MessageKind.List, 0, 2, new MessageWriter()));
        Assert.Equal(MessageKind.Listing, (await ReceiveAsync(socket))!.Value.Kind);
        await SendAsync(socket, Message.Write(MessageKind.List, 0, 2, new MessageWriter()));
        await ExpectEndAsync(socket, Errno.EPROTO);
    }

    [Fact]
    public async Task Descriptors_that_a_client_sends_are_closed_and_EPROTO()
    {
        using MemoryFile memory = MemoryFile.Create(TestMemory, 4096);
        for (int count = 1; count <= 3; count++)
        {
            using DescriptorSocket socket = DescriptorSocket.Connect(Address);
            await SendAsync(socket, Hello());
            await ReceiveAsync(socket);
            byte[] list = Message.Write(MessageKind.List, 0, 2, new MessageWriter());
            list[2] = (byte)count;
            await socket.SendAsync(list, [.. Enumerable.Repeat<SafeHandle>(memory.Descriptor, count)], Token);
            await ExpectEndAsync(socket, Errno.EPROTO);
            socket.Dispose();
            await UntilAsync(() => Server.ConnectionCount == 0);
        }
    }

    [Fact]
    public async Task No_common_version_is_EPROTONOSUPPORT()
    {
        using DescriptorSocket socket = DescriptorSocket.Connect(Address);
        await SendAsync(socket, Message.Write(MessageKind.Hello, 0, 1, new MessageWriter().Add(1, 2UL).Add(2, 9UL).Add(3, "later")));
        await ExpectEndAsync(socket, Errno.EPROTONOSUPPORT);
    }

    [Fact]
    public async Task A_flood_of_attaches_and_of_connections_meets_limits()
    {
        await using BufferClient client = await ConnectAsync();
        List<CpuAttachment> attachments = [];
        for (int count = 0; count < 4; count++)
        {
            attachments.Add(await client.AttachAsync("frame", new DmaBufferImporter("viewer"), CpuMappingType.Request(), Token));
        }

        await RefusedAsync(Errno.E2BIG, () => client.AttachAsync("frame", new DmaBufferImporter("viewer"), CpuMappingType.Request(), Token));
        attachments.ForEach(static one => one.Dispose());
        using DescriptorSocket second = DescriptorSocket.Connect(Address);
        using DescriptorSocket third = DescriptorSocket.Connect(Address);
        await UntilAsync(() => Server.ConnectionCount == 3);
        using DescriptorSocket fourth = DescriptorSocket.Connect(Address);
        Assert.Null(await ReceiveAsync(fourth));
        Assert.Null(await ReceiveAsync(second)); // it said no hello in time
        Assert.Single(await client.ListAsync(Token));
    }

    [Theory]
    [InlineData("truncatable")]
    [InlineData("short")]
    [InlineData("writable")]
    [InlineData("socket")]
    public async Task Memory_of_a_hostile_server_is_checked_before_it_is_mapped(string what)
    {
        using DescriptorListener listener = DescriptorListener.Listen(Address + "-hostile");
        Task<BufferClient> connecting = BufferClient.ConnectAsync(Address + "-hostile", new BufferClientOptions { Registry = Registry }, Token);
        using DescriptorSocket socket = await listener.AcceptAsync(Token);
        await ReceiveAsync(socket);
        await SendAsync(socket, Message.Write(MessageKind.Welcome, 0, 1, new MessageWriter().Add(1, 1UL)));
        await using BufferClient client = await connecting;
        Task<CpuAttachment> attaching = client.AttachAsync("frame", new DmaBufferImporter("viewer"), CpuMappingType.Request(), Token);
        await ReceiveAsync(socket);
        using MemoryFile memory = MemoryFile.Create(TestMemory, 4096);
        if (what != "truncatable")
        {
            memory.Seal(MemorySeals.FixedSize);
        }

        (DescriptorSocket first, DescriptorSocket second) = DescriptorSocket.CreatePair();
        using (first)
        using (second)
        using (SafeHandle other = File.OpenHandle("/dev/null"))
        {
            SafeHandle sent = what == "socket" ? other : memory.Descriptor;
            await socket.SendAsync(
                Message.Write(MessageKind.Memory, 1, 0, new MessageWriter().Add(1, "frame").Add(2, 1UL).Add(3, what == "short" ? 8192UL : 4096UL).Add(4, what == "writable" ? 1UL : 2UL)), [sent], Token);
            DmaBufException refusal = await Assert.ThrowsAsync<DmaBufException>(() => attaching);
            Assert.Contains(refusal.Errno, (Errno[])[Errno.EPERM, Errno.EINVAL]);
        }
    }

    private static MessageWriter Attach(string buffer) => new MessageWriter().Add(1, buffer).Add(2, "viewer").Add(
        3, [new MessageWriter().Add(1, "Cpu").Add(2, 1UL).Add(3, "Read").Add(4, 7UL).Add(5, "{\"access\":\"Read\"}")]);

    private static byte[] Hello(uint request = 1) => Message.Write(MessageKind.Hello, 0, request, new MessageWriter().Add(1, 1UL).Add(2, 1UL).Add(3, "stranger"));

    private static void ReadOrRefuse(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            _ = Message.Read(bytes);
        }
        catch (DmaBufException refusal) when (refusal.Errno == Errno.EPROTO)
        {
            // Refused as it should be; anything else fails the test.
        }
    }

    private static async Task SendAsync(DescriptorSocket socket, byte[] bytes)
    {
        if (bytes.Length > 0)
        {
            await socket.SendAsync(bytes, Token);
        }
    }

    /// <returns>Null: the connection has ended.</returns>
    private static async Task<Message?> ReceiveAsync(DescriptorSocket socket)
    {
        byte[] buffer = new byte[ProtocolLimits.MaximumMessageBytes];
        try
        {
            using DescriptorMessage? received = await socket.ReceiveAsync(buffer, 1, Token);
            return received is null ? null : Message.Read(buffer.AsMemory(0, received.Length));
        }
        catch (DmaBufException gone) when (gone.Errno == Errno.ECONNRESET)
        {
            return null;
        }
    }

    private static async Task ExpectEndAsync(DescriptorSocket socket, Errno errno)
    {
        Message? last = await ReceiveAsync(socket);
        Assert.Equal(MessageKind.Refused, last!.Value.Kind);
        Assert.Equal(errno, (Errno)last.Value.Body.Number(1));
        Assert.Null(await ReceiveAsync(socket));
    }
}
