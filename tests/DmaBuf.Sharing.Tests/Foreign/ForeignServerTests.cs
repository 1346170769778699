using System.Buffers.Binary;
using System.Diagnostics;
using DmaBuf.Testing;

namespace DmaBuf.Sharing.Tests;

/// <summary>The other way round: an exporter and a publisher in C that share no code with us, and our importers and subscribers.</summary>
public sealed class ForeignServerTests(CompiledClient client) : LeakCheckedTest, IClassFixture<CompiledClient>
{
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(60);
    private readonly string _address = $"@dmabuf-test-{Environment.ProcessId}-{Guid.NewGuid():n}";

    [Fact]
    public async Task We_attach_to_its_buffer_and_read_every_byte()
    {
        DmaBufferRegistry registry = new();
        LeakCheck leaks = LeakCheck.Start(registry);
        using (Process process = await StartAsync("export", "100000", "90"))
        {
            BufferClient connection = await BufferClient.ConnectAsync(_address, new BufferClientOptions { Registry = registry }, Token);
            using (CpuAttachment attachment = await connection.AttachAsync("frame", new DmaBufferImporter("reader"), CpuMappingType.Request(CpuAccess.Read), Token))
            using (CpuMapping mapping = attachment.MapCpu(Token))
            using (CpuReadLease lease = mapping.Read(Token))
            {
                Assert.Equal(100_000, lease.Span.Length);
                Assert.False(lease.Span.ContainsAnyExcept((byte)90));
            }

            await RefusedAsync(Errno.ENOENT, () => connection.AttachAsync("other", new DmaBufferImporter("reader"), CpuMappingType.Request(CpuAccess.Read), Token));
            await connection.DisposeAsync();
            await EndAsync(process, 0);
        }

        leaks.Verify(0);
    }

    [Fact]
    public async Task Its_frames_come_whole_and_in_order_and_then_its_end()
    {
        using Process process = await StartAsync("publish", "5000", "4096");
        using (FrameSubscriber subscriber = await FrameChannel.JoinAsync(DescriptorSocket.Connect(_address), cancellationToken: Token))
        {
            Assert.Equal((4, 4096UL), (subscriber.BufferCount, subscriber.BufferBytes));
            Assert.Equal(5000UL, ReceiveAll(subscriber));
            Assert.Equal(ChannelEndReason.Closed, subscriber.EndReason);
        }

        await EndAsync(process, 0);
    }

    [Fact]
    public async Task Its_death_is_told_after_its_last_frame()
    {
        using Process process = await StartAsync("die", "100", "64");
        using (FrameSubscriber subscriber = await FrameChannel.JoinAsync(DescriptorSocket.Connect(_address), cancellationToken: Token))
        {
            Assert.Equal(100UL, ReceiveAll(subscriber));
            Assert.Equal(ChannelEndReason.PeerGone, subscriber.EndReason);
        }

        await EndAsync(process, 137);
    }

    [Fact]
    public async Task A_subscriber_that_leaves_is_seen_by_it()
    {
        using Process process = await StartAsync("publish", "5000", "64");
        using (FrameSubscriber subscriber = await FrameChannel.JoinAsync(DescriptorSocket.Connect(_address), cancellationToken: Token))
        {
            Assert.Equal(ReceiveResult.Received, subscriber.Receive(out Frame frame, s_long, Token));
            frame.Dispose();
        }

        await EndAsync(process, 1);
    }

    private static ulong ReceiveAll(FrameSubscriber subscriber)
    {
        ulong last = 0;
        while (subscriber.Receive(out Frame frame, s_long, Token) == ReceiveResult.Received)
        {
            using (frame)
            {
                Assert.Equal((last + 1, last * 7), (frame.Sequence, frame.Tag));
                last = frame.Sequence;
                ReadOnlySpan<byte> bytes = frame.Span;
                for (int word = 0; word < bytes.Length / 8; word++)
                    Assert.Equal((last << 32) | (uint)word, BinaryPrimitives.ReadUInt64LittleEndian(bytes[(8 * word)..]));
            }
        }

        return last;
    }

    private static async Task EndAsync(Process process, int exitCode)
    {
        string complaint = await process.StandardError.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        // The streams are ours, and not the process's, since we have read from them.
        process.StandardOutput.Dispose();
        process.StandardError.Dispose();
        Assert.True(process.ExitCode == exitCode, $"exit code {process.ExitCode}: {complaint}");
    }

    private async Task<Process> StartAsync(params string[] arguments)
    {
        CCompiler.SkipUnlessThere();
        Process process = client.StartServer([_address, .. arguments]);
        Assert.Equal("listening", await process.StandardOutput.ReadLineAsync(Token));
        return process;
    }
}
