using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>Waits for processes that connect with <see cref="DescriptorSocket.Connect"/>.</summary>
/// <remarks>
/// <para>At a path, only this user (and root) can connect: the socket file has permission 0600 from its first moment. At a name without a file
/// (<c>@name</c>) anybody in the same network namespace can connect, and could have taken the name first: check
/// <see cref="DescriptorSocket.Peer"/> at both ends.</para>
/// <para>How a path is published, and why a stale file is replaced only when nobody listens, stands at <see cref="SocketPath"/>.</para>
/// <para>Threads. All members may be called by any thread; each connection goes to one accept. Dispose ends waits with
/// <see cref="ObjectDisposedException"/>. There is no lock.</para>
/// </remarks>
public sealed class DescriptorListener : IDisposable
{
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationToken _closed;
    private readonly SafeFileHandle _socket;
    private readonly SocketPath? _path;

    private DescriptorListener(string address, SafeFileHandle socket, SocketPath? path)
    {
        Address = address;
        _socket = socket;
        _path = path;
        _closed = _closing.Token;
    }

    /// <summary>Where it listens, as it was given.</summary>
    public string Address { get; }

    /// <summary>Begins to listen. A file that a dead process left at the path is replaced; a living listener, or any other file, is not.</summary>
    /// <param name="address">A path of at most 107 bytes, or <c>@name</c>.</param>
    /// <param name="backlog">Connections that may wait to be accepted.</param>
    /// <exception cref="DmaBufException">EADDRINUSE: somebody listens there. EEXIST: the path is a file that is no socket. EBUSY: another process is replacing
    /// the same stale file. ENAMETOOLONG, EINVAL: the address is none. ENOENT, EACCES: the directory is not there, or not for this user.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static DescriptorListener Listen(string address, int backlog = 16)
    {
        LinuxOnly.Ensure();
        SocketAddress parsed = new(address);
        if (backlog < 1)
        {
            throw new DmaBufException(Errno.EINVAL, $"A listener at \"{address}\" was asked for with a backlog of {backlog}. Use at least 1.");
        }

        SafeFileHandle socket = SocketCalls.Create();
        try
        {
            SocketPath? path = null;
            if (parsed.IsAbstract)
            {
                ListenerCalls.BindAndListen(socket, parsed, backlog, parsed.Text);
            }
            else
            {
                path = SocketPath.Publish(socket, parsed, backlog);
            }

            return new(address, socket, path);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Takes the next connection; waits until there is one.</summary>
    /// <param name="cancellationToken">Ends the wait; a connection that comes then stays for the next accept.</param>
    /// <returns>The connection, the caller's to dispose.</returns>
    /// <exception cref="DmaBufException">EMFILE, ENFILE: no descriptor is left for it; the connection still waits.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The listener was disposed.</exception>
    public async ValueTask<DescriptorSocket> AcceptAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        SafeFileHandle? accepted;
        while ((accepted = ListenerCalls.TryAccept(_socket, Address)) is null)
        {
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(_closed, cancellationToken);
            try
            {
                await DescriptorReactor.Shared.WaitUntilReadableAsync(_socket, either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                cancellationToken.ThrowIfCancellationRequested();
                throw new ObjectDisposedException(nameof(DescriptorListener));
            }
        }
        return new(accepted);
    }

    /// <summary>Stops listening and removes the socket file, if it is still this listener's. Accepted connections live on.</summary>
    public void Dispose()
    {
        // The file first: whoever connects meanwhile finds nothing, and not a file that nobody serves.
        _path?.Withdraw();
        _socket.Dispose();
        _closing.Cancel(); // never disposed: it owns nothing, and a second Dispose must find it
    }
}
