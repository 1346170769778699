using System.Text;
using DmaBuf.Linux;

namespace DmaBuf.Tool.Tests;

/// <summary>The other end of a <c>dmabuf receive</c>, step by step, so that a test can do each step wrong.</summary>
internal sealed class PretendedSharer : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    private readonly DescriptorSocket _socket;
    private readonly CancellationTokenSource _limit = new(s_limit);
    private readonly byte[] _received = new byte[16 << 10];

    private PretendedSharer(DescriptorSocket socket) => _socket = socket;

    internal static async Task<PretendedSharer> AcceptAsync(DescriptorListener listener)
    {
        using CancellationTokenSource limit = new(s_limit);
        return new PretendedSharer(await listener.AcceptAsync(limit.Token));
    }

    /// <summary>Announces the bytes with this checksum, and hands them over sealed.</summary>
    internal async Task ShareAsync(byte[] bytes, string sha256)
    {
        await AnnounceAsync(bytes, sha256);
        await HandOverAsync(bytes);
    }

    /// <summary>Up to the receiver's choice, after which it waits for the memory.</summary>
    internal async Task AnnounceAsync(byte[] bytes, string sha256)
    {
        await SendAsync($$"""{"protocol":"dmabuf-share/1","kind":"hello","name":"pretended","size":{{bytes.Length}},"sha256":"{{sha256}}","offers":["Descriptor/1"]}""");
        Assert.Contains("choice", await ReceiveAsync(), StringComparison.Ordinal);
    }

    internal async Task HandOverAsync(byte[] bytes)
    {
        using MemoryFile memory = MemoryFile.Create("pretended", (ulong)bytes.Length);
        RandomAccess.Write(memory.Descriptor, bytes, 0);
        memory.Seal(MemorySeals.Frozen);
        await _socket.SendAsync("""{"protocol":"dmabuf-share/1","kind":"memory"}"""u8.ToArray(), [memory.Descriptor], _limit.Token);
    }

    internal async Task<string> ReceiveAsync()
    {
        using DescriptorMessage? message = await _socket.ReceiveAsync(_received, 0, _limit.Token);
        return Encoding.UTF8.GetString(_received, 0, message?.Length ?? 0);
    }

    public void Dispose()
    {
        _socket.Dispose();
        _limit.Dispose();
    }

    private async Task SendAsync(string message) => await _socket.SendAsync(Encoding.UTF8.GetBytes(message), [], _limit.Token);
}
