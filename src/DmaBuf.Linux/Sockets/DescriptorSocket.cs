using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>A connection between two processes of one machine that carries messages and, with them, descriptors.</summary>
/// <remarks>
/// <para>Theory. A Unix socket of type <c>SOCK_SEQPACKET</c>: connected like a stream, so that the end of the peer is noticed and its credentials
/// are known, and with message bounds like a datagram, so that descriptors belong to exactly one message. With a stream the
/// receiver would have to guess which bytes a descriptor came with, and would need framing and a state machine for partial reads.
/// A message is received whole or not at all.</para>
/// <para>Descriptors in flight. The kernel gives the receiver numbers of its own for the same files (<c>SCM_RIGHTS</c>), already open when the receive
/// returns. So they are put under owners first and judged afterwards; whatever is then wrong with a message, they are closed.</para>
/// <para>Threads. All members may be called by any thread, also together: messages are never mixed. With several receivers each message
/// goes to one of them. Dispose ends waits with <see cref="ObjectDisposedException"/>. There is no lock.</para>
/// <para>Sockets are never blocking: an operation tries, and waits in the reactor when the kernel says EAGAIN. SIGPIPE is never raised.</para>
/// </remarks>
public sealed class DescriptorSocket : IDisposable
{
    /// <summary>The most descriptors that one message can carry (the kernel's <c>SCM_MAX_FD</c>).</summary>
    public const int MaximumDescriptors = 253;

    /// <summary>The most bytes that one message can have. Small enough for any socket buffer: what is big travels as memory, by descriptor.</summary>
    public const int MaximumMessageBytes = 64 << 10;

    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationToken _closed;
    private readonly SafeFileHandle _socket;

    internal DescriptorSocket(SafeFileHandle socket)
    {
        _socket = socket;
        _closed = _closing.Token;
    }

    /// <summary>Who is at the other end.</summary>
    /// <exception cref="ObjectDisposedException">The socket was disposed.</exception>
    public PeerCredentials Peer => SocketCalls.ReadPeer(_socket);

    /// <summary>Opens a descriptor of the process at the other end, to see when it ends.</summary>
    /// <returns>The process, the caller's to dispose; null if it has ended already, or if this kernel or its sandbox gives no descriptors of processes.</returns>
    /// <exception cref="ObjectDisposedException">The socket was disposed.</exception>
    public PeerProcess? OpenPeerProcess() => PeerProcess.TryOpen(_socket, Peer.ProcessId);

    /// <summary>Connects to a <see cref="DescriptorListener"/>. Never waits: local listeners answer at once or not at all.</summary>
    /// <param name="address">A path, or <c>@name</c>.</param>
    /// <exception cref="DmaBufException">ENOENT: nothing is there. ECONNREFUSED: nobody listens there any more. EAGAIN: the listener's queue is full.
    /// EACCES: not for this user. EPROTOTYPE: something else listens there. ENAMETOOLONG, EINVAL: the address is none.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static DescriptorSocket Connect(string address)
    {
        LinuxOnly.Ensure();
        return new(SocketCalls.Connect(new SocketAddress(address)));
    }

    /// <summary>Makes two sockets that are connected to each other, with no address (<c>socketpair</c>).</summary>
    /// <exception cref="DmaBufException">EMFILE, ENFILE: no descriptors are left.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static (DescriptorSocket First, DescriptorSocket Second) CreatePair()
    {
        LinuxOnly.Ensure();
        (SafeFileHandle first, SafeFileHandle second) = SocketCalls.CreatePair();
        return (new(first), new(second));
    }

    /// <summary>Sends one message without descriptors; otherwise as the form with descriptors.</summary>
    /// <inheritdoc cref="SendAsync(ReadOnlyMemory{byte}, IReadOnlyList{SafeHandle}, CancellationToken)"/>
    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default) =>
        SendAsync(bytes, [], cancellationToken);

    /// <summary>Sends one message, whole or not at all; waits while the peer's queue is full.</summary>
    /// <param name="bytes">1 to <see cref="MaximumMessageBytes"/> bytes. An empty message could not be told from the end of the connection.</param>
    /// <param name="descriptors">At most <see cref="MaximumDescriptors"/>. They stay the caller's, who may close them once this has completed.</param>
    /// <param name="cancellationToken">Ends the wait; nothing was sent then.</param>
    /// <exception cref="DmaBufException">EINVAL, EMSGSIZE, E2BIG: the message is empty, too long, or has too many descriptors. EBADF: one of them is not open.
    /// EPIPE, ECONNRESET: the peer has gone. ETOOMANYREFS: too many descriptors are on their way.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">This socket, or a descriptor, was disposed.</exception>
    public async ValueTask SendAsync(
        ReadOnlyMemory<byte> bytes, IReadOnlyList<SafeHandle> descriptors, CancellationToken cancellationToken = default)
    {
        CheckMessage(bytes.Length, descriptors);
        cancellationToken.ThrowIfCancellationRequested();
        while (!SocketCalls.TrySend(_socket, bytes.Span, descriptors))
        {
            await WaitAsync(writable: true, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Receives one message, or null at the end of the connection; waits until there is one.</summary>
    /// <param name="buffer">Where the bytes go. A message that does not fit is lost, with its descriptors.</param>
    /// <param name="maximumDescriptors">Most descriptors that this receiver takes, 0 to <see cref="MaximumDescriptors"/>; with more the message is refused.</param>
    /// <param name="cancellationToken">Ends the wait; the next message then stays for the next receive.</param>
    /// <returns>The message, which owns its descriptors: dispose it. Null: the peer has closed.</returns>
    /// <exception cref="DmaBufException">EMSGSIZE: the message was longer than the buffer. EPROTO: it had more descriptors than allowed.
    /// EMFILE: this process could not take all of its descriptors. ECONNRESET: the peer has gone without reading what it was sent. In each case
    /// nothing of the message stays open. EINVAL: bad arguments.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">This socket was disposed.</exception>
    public async ValueTask<DescriptorMessage?> ReceiveAsync(
        Memory<byte> buffer, int maximumDescriptors, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || maximumDescriptors is < 0 or > MaximumDescriptors)
        {
            throw new DmaBufException(Errno.EINVAL,
                $"A message was to be received into {buffer.Length} bytes with at most {maximumDescriptors} descriptors. "
                + $"Give at least one byte, and 0 to {MaximumDescriptors} descriptors.");
        }

        cancellationToken.ThrowIfCancellationRequested();
        DescriptorMessage? message;
        while (!SocketCalls.TryReceive(_socket, buffer.Span, maximumDescriptors, out message))
        {
            await WaitAsync(writable: false, cancellationToken).ConfigureAwait(false);
        }

        return message;
    }

    /// <summary>Closes the connection; the peer receives what was sent, and then the end.</summary>
    public void Dispose()
    {
        _socket.Dispose();
        _closing.Cancel(); // never disposed: it owns nothing, and a second Dispose must find it
    }

    private static void CheckMessage(int length, IReadOnlyList<SafeHandle> descriptors)
    {
        ArgumentNullException.ThrowIfNull(descriptors);
        if (length == 0)
        {
            throw new DmaBufException(Errno.EINVAL, "An empty message was to be sent. The peer could not tell it from the end: send at least one byte.");
        }

        if (length > MaximumMessageBytes)
        {
            throw new DmaBufException(Errno.EMSGSIZE, $"A message of {length} bytes was to be sent. At most {MaximumMessageBytes}: pass memory by descriptor instead.");
        }

        if (descriptors.Count > MaximumDescriptors)
        {
            throw new DmaBufException(Errno.E2BIG, $"A message was to carry {descriptors.Count} descriptors. The kernel takes {MaximumDescriptors}: use several messages.");
        }

        for (int index = 0; index < descriptors.Count; index++)
        {
            ArgumentNullException.ThrowIfNull(descriptors[index], nameof(descriptors));
        }
    }

    private async ValueTask WaitAsync(bool writable, CancellationToken cancellationToken)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(_closed, cancellationToken);
        try
        {
            await (writable
                ? DescriptorReactor.Shared.WaitUntilWritableAsync(_socket, either.Token)
                : DescriptorReactor.Shared.WaitUntilReadableAsync(_socket, either.Token)).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new ObjectDisposedException(nameof(DescriptorSocket));
        }
    }
}
