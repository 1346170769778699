using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>The process at the other end of a connection, as a descriptor (<c>pidfd</c>): its end is seen even if its sockets live on in another process.</summary>
/// <remarks>
/// Unlike a process number it never comes to mean another process. Owns one descriptor; dispose closes it and ends waits with <see cref="ObjectDisposedException"/>. Safe for all threads.
/// </remarks>
public sealed class PeerProcess : IDisposable
{
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationToken _closed;
    private readonly SafeFileHandle _process;

    private PeerProcess(SafeFileHandle process)
    {
        _process = process;
        _closed = _closing.Token;
    }

    /// <summary>Completes when the process has ended, as a zombie too.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">This object was disposed.</exception>
    public async Task WaitForExitAsync(CancellationToken cancellationToken = default)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(_closed, cancellationToken);
        try
        {
            await DescriptorReactor.Shared.WaitUntilReadableAsync(_process, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new ObjectDisposedException(nameof(PeerProcess));
        }
    }

    /// <summary>Stops watching. The process is not touched.</summary>
    public void Dispose()
    {
        _process.Dispose();
        _closing.Cancel(); // never disposed: it owns nothing, and a second Dispose must find it
    }

    /// <summary>The kernel's own descriptor of the peer (Linux 6.5); before that by its number, which could be another process's by now if the peer ended meanwhile.</summary>
    internal static PeerProcess? TryOpen(SafeFileHandle socket, int processId)
    {
        SafeFileHandle process = SocketCalls.TryOpenPeer(socket, out Errno errno);
        if (process.IsInvalid && errno == Errno.ENOPROTOOPT && processId > 0)
        {
            process = Libc.pidfd_open(processId, 0);
        }

        if (!process.IsInvalid)
        {
            return new PeerProcess(process);
        }

        process.Dispose();
        return null;
    }
}
