namespace DmaBuf.Sharing;

/// <summary>A peer at the other end of a socket that carries nothing more: it is gone when the socket ends, which the kernel does for a process that dies.</summary>
internal sealed class SocketPeer : IChannelPeer, IDisposable
{
    private readonly DescriptorSocket _socket;

    private SocketPeer(DescriptorSocket socket, string name)
    {
        _socket = socket;
        Name = name;
        Gone = WaitForEndAsync();
    }

    public string Name { get; }

    public Task Gone { get; }

    /// <summary>Takes over the socket.</summary>
    internal static SocketPeer Adopt(DescriptorSocket socket) => new(socket, $"process {socket.Peer.ProcessId}");

    internal ValueTask SendAsync(ReadOnlyMemory<byte> message, IReadOnlyList<System.Runtime.InteropServices.SafeHandle> descriptors, CancellationToken cancellationToken) =>
        _socket.SendAsync(message, descriptors, cancellationToken);

    public void Dispose() => _socket.Dispose();

    /// <remarks>Whatever comes instead of the end is against the protocol; the peer is as good as gone.</remarks>
    private async Task WaitForEndAsync()
    {
        try
        {
            using DescriptorMessage? message = await _socket.ReceiveAsync(new byte[1], 0).ConfigureAwait(false);
        }
        catch (Exception error) when (error is DmaBufException or ObjectDisposedException)
        {
        }

        _socket.Dispose();
    }
}
