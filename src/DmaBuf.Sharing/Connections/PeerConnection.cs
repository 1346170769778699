using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace DmaBuf.Sharing;

/// <summary>One socket and its peer: sends from any thread without waiting, receives on one loop, ends once.</summary>
/// <remarks>
/// <see cref="TrySend"/> is called under reservation locks too, so it only queues. A peer that does not read fills its queue; then the connection ends, because memory for messages is
/// bounded. Owns the socket.
/// </remarks>
internal sealed class PeerConnection : IDisposable
{
    private const int MaximumQueued = 1024;
    private static readonly TimeSpan s_lastWords = TimeSpan.FromSeconds(1);

    private readonly DescriptorSocket _socket;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _silence = new();
    private readonly Channel<OutgoingMessage> _queue = Channel.CreateBounded<OutgoingMessage>(new BoundedChannelOptions(MaximumQueued) { SingleReader = true });

    internal PeerConnection(DescriptorSocket socket)
    {
        _socket = socket;
        Peer = socket.Peer;
    }

    internal PeerCredentials Peer { get; }

    internal PeerProcess? OpenPeerProcess() => _socket.OpenPeerProcess();

    /// <summary>Queues a message. False: the connection has ended or ends now.</summary>
    internal bool TrySend(MessageKind kind, uint request, MessageWriter body, SafeHandle? descriptor = null)
    {
        OutgoingMessage message = new(Message.Write(kind, descriptor is null ? 0 : 1, request, body), descriptor);
        if (_queue.Writer.TryWrite(message))
        {
            return true;
        }

        message.Release();
        Stop();
        return false;
    }

    /// <summary>Ends the connection soon, from any thread and under any lock.</summary>
    internal void Stop() => ThreadPool.UnsafeQueueUserWorkItem(static stop => stop.Cancel(), _stop, preferLocal: false);

    /// <summary>Receives until the end. A handler that throws ends the connection.</summary>
    /// <returns>Why it ended, or null if the peer has gone or this side stopped.</returns>
    internal async Task<DmaBufException?> RunAsync(Action<Message, DescriptorMessage> handle, Action<DmaBufException> lastWords)
    {
        Task sending = SendAsync();
        DmaBufException? why = null;
        try
        {
            await ReceiveAsync(handle).ConfigureAwait(false);
        }
        catch (DmaBufException failure)
        {
            why = failure.Errno == Errno.ECONNRESET ? null : failure;
            if (why is not null)
            {
                lastWords(failure);
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or ObjectDisposedException)
        {
            // This side stopped.
        }
        catch (Exception foreign)
        {
            // Of a policy, a codec or a type: this connection ends, and what it held is let go of as ever.
            why = new DmaBufException(Errno.EIO, $"The connection ends, because handling a message threw {foreign.GetType().Name}: {foreign.Message}", foreign);
            lastWords(why);
        }

        _queue.Writer.TryComplete();
        _silence.CancelAfter(why is null ? TimeSpan.Zero : s_lastWords);
        await sending.ConfigureAwait(false);
        _socket.Dispose();
        return why;
    }

    public void Dispose()
    {
        _stop.Cancel();
        _socket.Dispose();
    }

    private async Task ReceiveAsync(Action<Message, DescriptorMessage> handle)
    {
        byte[] buffer = new byte[ProtocolLimits.MaximumMessageBytes];
        while (await _socket.ReceiveAsync(buffer, 1, _stop.Token).ConfigureAwait(false) is { } received)
        {
            using (received)
            {
                Message message = Message.Read(buffer.AsMemory(0, received.Length));
                received.RequireDescriptors(message.Descriptors);
                if (message.Descriptors != (message.Kind == MessageKind.Memory ? 1 : 0))
                {
                    throw ProtocolError.Of($"{message.Kind} came with {message.Descriptors} descriptors");
                }

                handle(message, received);
            }
        }
    }

    private async Task SendAsync()
    {
        try
        {
            await foreach (OutgoingMessage message in _queue.Reader.ReadAllAsync(_silence.Token).ConfigureAwait(false))
            {
                try
                {
                    await _socket.SendAsync(message.Bytes, message.Descriptors, _silence.Token).ConfigureAwait(false);
                }
                finally
                {
                    message.Release();
                }
            }
        }
        catch (Exception ended) when (ended is DmaBufException or OperationCanceledException or ObjectDisposedException)
        {
            Stop();
        }

        _queue.Writer.TryComplete();
        while (_queue.Reader.TryRead(out OutgoingMessage? left))
        {
            left.Release();
        }
    }
}
