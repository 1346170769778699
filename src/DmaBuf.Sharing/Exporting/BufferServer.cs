using System.Collections.Concurrent;

namespace DmaBuf.Sharing;

/// <summary>Shares buffers of this process with other processes of the machine: listens on a Unix socket, lets peers negotiate, attaches for them.</summary>
/// <remarks>
/// <para>Each attach of a peer is an attachment here, by an importer that is named <c>name[pid]</c>: it shows in dumps, and a revoke waits for the peer to let go. A peer that has not let go when
/// the revoke ends is cut off: its connection ends, the revoke's report names it, and the buffer stays quarantined until its process has ended.</para>
/// <para>Owns the socket and a reference to each shared buffer. Safe for all threads.</para>
/// </remarks>
public sealed class BufferServer : IAsyncDisposable
{
    private readonly DescriptorListener _listener;
    private readonly ConcurrentDictionary<string, DmaBufferReference> _buffers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<PeerSession, Task> _sessions = new();
    private readonly Task _accepting;
    private volatile bool _ended;

    private BufferServer(DescriptorListener listener, BufferServerOptions options)
    {
        _listener = listener;
        Options = options;
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public string Address => _listener.Address;

    /// <summary>Connections now; another thread may change it at any time.</summary>
    public int ConnectionCount => _sessions.Count;

    internal BufferServerOptions Options { get; }

    internal QuarantinedMemory Quarantine { get; } = new();

    /// <summary>Begins to listen.</summary>
    /// <param name="address">A path, for this user alone; or <c>@name</c>, which anybody can connect to, so that the policy alone decides.</param>
    /// <param name="options">Policy, types, limits; null for the defaults.</param>
    /// <exception cref="DmaBufException">As <see cref="DescriptorListener.Listen"/>.</exception>
    public static BufferServer Listen(string address, BufferServerOptions? options = null) => new(DescriptorListener.Listen(address), options ?? new BufferServerOptions());

    /// <summary>Shares a buffer under a name, and keeps a reference to it until it is withdrawn.</summary>
    /// <param name="name">At most 255 bytes of UTF-8, without control characters.</param>
    /// <param name="buffer">The buffer.</param>
    /// <exception cref="DmaBufException">EEXIST: another buffer has that name. EINVAL: it is none.</exception>
    public void Share(string name, DmaBuffer buffer)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(buffer);
        ObjectDisposedException.ThrowIf(_ended, this);
        if (System.Text.Encoding.UTF8.GetByteCount(name) > ProtocolLimits.MaximumNameBytes || name.Any(char.IsControl))
        {
            throw new DmaBufException(Errno.EINVAL, $"Sharing '{buffer}' was refused: its name has more than {ProtocolLimits.MaximumNameBytes} bytes or a control character. Choose another one.");
        }

        DmaBufferReference reference = buffer.AddReference();
        if (!_buffers.TryAdd(name, reference))
        {
            reference.Dispose();
            throw new DmaBufException(Errno.EEXIST, $"Sharing '{buffer}' as '{name}' was refused: another buffer is shared under that name. Withdraw it first, or choose another name.");
        }
    }

    /// <summary>Lets nobody attach to the name any more; attachments that are there live on.</summary>
    /// <returns>False: nothing was shared under it.</returns>
    public bool Withdraw(string name)
    {
        bool found = _buffers.TryRemove(name, out DmaBufferReference? reference);
        reference?.Dispose();
        return found;
    }

    /// <summary>Ends all connections and lets go of all buffers. Memory that peers still hold is no longer accounted for; revoke first where that matters.</summary>
    public async ValueTask DisposeAsync()
    {
        _ended = true;
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        foreach (PeerSession session in _sessions.Keys)
        {
            session.Stop();
        }

        await Task.WhenAll(_sessions.Values).ConfigureAwait(false);
        await Quarantine.EndAsync().ConfigureAwait(false);
        foreach (string name in _buffers.Keys)
        {
            Withdraw(name);
        }
    }

    internal IReadOnlyList<(string Name, DmaBuffer Buffer)> List() => [.. _buffers.Select(static pair => (pair.Key, pair.Value.Buffer)).OrderBy(static one => one.Key, StringComparer.Ordinal)];

    internal DmaBuffer Find(string name) => _buffers.TryGetValue(name, out DmaBufferReference? reference)
        ? reference.Buffer
        : throw new DmaBufException(Errno.ENOENT, $"Attaching to '{name}' was refused: no buffer is shared under that name. List what there is.");

    private async Task AcceptAsync()
    {
        while (!_ended)
        {
            try
            {
                Start(await _listener.AcceptAsync().ConfigureAwait(false));
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (DmaBufException)
            {
                // No descriptor is left for one more connection: it waits until one is.
                await Task.Delay(100).ConfigureAwait(false);
            }
        }
    }

    private void Start(DescriptorSocket socket)
    {
        if (_sessions.Count >= Options.MaximumConnections)
        {
            socket.Dispose();
            return;
        }

        PeerSession session = new(this, new PeerConnection(socket));
        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _sessions[session] = ended.Task;
        _ = RunAsync(session, ended);
    }

    private async Task RunAsync(PeerSession session, TaskCompletionSource ended)
    {
        await Task.Yield(); // no peer's messages on the loop that accepts
        try
        {
            await session.RunAsync().ConfigureAwait(false);
        }
        finally
        {
            _sessions.TryRemove(session, out _);
            ended.SetResult();
        }
    }
}
