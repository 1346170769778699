using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace DmaBuf.Linux.Tests;

/// <summary>Memory goes from process to process and is the same memory there; the other process is a C program of its own.</summary>
public sealed class TwoProcessTests(CompiledPeer peer) : LeakCheckedTest, IClassFixture<CompiledPeer>
{
    private const int Length = (1 << 20) + 5;

    private static readonly string LengthText = Length.ToString(CultureInfo.InvariantCulture);

    [Fact]
    public async Task Memory_of_a_foreign_process_is_adopted_and_read()
    {
        CCompiler.SkipUnlessThere();
        using DescriptorListener listener = DescriptorListener.Listen(peer.SocketAddress);
        using Process process = peer.Start("send", peer.SocketAddress, LengthText);
        using DescriptorSocket socket = await listener.AcceptAsync(Token);
        Assert.Equal(process.Id, socket.Peer.ProcessId);
        using DescriptorMessage? message = await socket.ReceiveAsync(new byte[64], 1, Token);
        message!.RequireDescriptors(1);
        using (MemoryFile memory = MemoryFile.Adopt(message.TakeDescriptor(0), new() { MinimumLength = Length, ReadOnly = true }))
        using (MemoryMapping mapping = memory.Map(MemoryProtection.Read))
        {
            Assert.Equal("dmabuf-test peer", memory.Name);
            Assert.False(mapping.ReadOnlyWindow(0, Length).ContainsAnyExcept((byte)0x5a));
        }
        await socket.SendAsync("ok\0"u8.ToArray(), Token);
        await process.WaitForExitAsync(Token);
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public async Task A_foreign_process_reads_our_memory_and_can_neither_truncate_nor_write_it()
    {
        CCompiler.SkipUnlessThere();
        using DescriptorListener listener = DescriptorListener.Listen(peer.SocketAddress);
        using Process process = peer.Start("receive", peer.SocketAddress, LengthText);
        using DescriptorSocket socket = await listener.AcceptAsync(Token);
        using MemoryFile memory = MemoryFile.Create(TestMemory, Length);
        using (MemoryMapping mapping = memory.Map(MemoryProtection.ReadWrite))
        {
            for (int at = 0; at < Length; at++)
            {
                mapping.Window((ulong)at, 1)[0] = (byte)(at * 7);
            }
        }
        memory.Seal(MemorySeals.ReadOnly);
        await socket.SendAsync("memory"u8.ToArray(), [memory.Descriptor], Token);
        Assert.Equal("ok", await ReceiveTextAsync(socket));
        await process.WaitForExitAsync(Token);
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public async Task A_peer_that_is_killed_is_seen_as_the_end_and_takes_nothing_of_ours_with_it()
    {
        CCompiler.SkipUnlessThere();
        using DescriptorListener listener = DescriptorListener.Listen(peer.SocketAddress);
        using Process process = peer.Start("hold", peer.SocketAddress);
        using DescriptorSocket socket = await listener.AcceptAsync(Token);
        using MemoryFile memory = MemoryFile.Create(TestMemory, 4096);
        using MemoryMapping mapping = memory.Map(MemoryProtection.ReadWrite);
        await socket.SendAsync("memory"u8.ToArray(), [memory.Descriptor], Token);
        Assert.Equal("held", await ReceiveTextAsync(socket));
        Task<DescriptorMessage?> end = socket.ReceiveAsync(new byte[64], 0, Token).AsTask();
        process.Kill();
        Assert.Null(await end);
        await RefusedAsync(Errno.EPIPE, () => socket.SendAsync("more"u8.ToArray(), Token).AsTask());
        mapping.Window(0, 1)[0] = 1;
        await process.WaitForExitAsync(Token);
    }

    private static async Task<string> ReceiveTextAsync(DescriptorSocket socket)
    {
        byte[] buffer = new byte[64];
        using DescriptorMessage? message = await socket.ReceiveAsync(buffer, 0, Token);
        return Encoding.UTF8.GetString(buffer, 0, message!.Length);
    }
}
