namespace DmaBuf.Sharing;

/// <summary>
/// The fences of one buffer, passed on in both directions: each process has a fence of its own for each of the other's, which signals when that one does, or fails with ECANCELED when
/// the connection ends first.
/// </summary>
/// <remarks>Called under the reservation lock when a fence is added, and by threads that signal: it only queues messages. Its lock is a leaf.</remarks>
internal sealed class FenceBridge : IDisposable
{
    private const int MaximumPending = 256;

    private readonly Lock _lock = new();
    private readonly string _buffer;
    private readonly Reservation _reservation;
    private readonly PeerConnection _connection;
    private readonly Dictionary<ulong, FenceSource> _received = [];
    private readonly HashSet<Fence> _foreign = [];
    private readonly Dictionary<ulong, FenceRegistration> _sent = [];
    private ulong _last;
    private bool _ended;

    internal FenceBridge(string buffer, Reservation reservation, PeerConnection connection)
    {
        _buffer = buffer;
        _reservation = reservation;
        _connection = connection;
        _reservation.FenceAdded += OnAdded;
    }

    /// <summary>Tells of what was pending before.</summary>
    internal void SendPending()
    {
        FenceSnapshot pending = _reservation.Snapshot(FenceUsage.Bookkeep);
        for (int index = 0; index < pending.Count; index++)
        {
            OnAdded(pending[index], pending.UsageOf(index));
        }
    }

    /// <summary>The other side's fence: a fence of this process to be added, which the caller does.</summary>
    /// <exception cref="DmaBufException">EPROTO: a number that is in use, or too many.</exception>
    internal Fence Receive(ulong number)
    {
        FenceSource source = new FenceContext($"{_buffer} elsewhere").CreateFence();
        lock (_lock)
        {
            if (_received.Count >= MaximumPending || !_received.TryAdd(number, source))
            {
                throw ProtocolError.Of($"fence {number} of '{_buffer}' is pending already, or {MaximumPending} others are");
            }

            _foreign.Add(source.Fence);
        }

        return source.Fence;
    }

    /// <summary>The other side's fence has signalled.</summary>
    internal void Signal(ulong number, Errno error)
    {
        FenceSource source;
        lock (_lock)
        {
            if (!_received.Remove(number, out source))
            {
                throw ProtocolError.Of($"fence {number} of '{_buffer}' signalled, and is not pending");
            }

            _foreign.Remove(source.Fence);
        }

        _ = error == Errno.None ? source.TrySignal() : source.TryFail(error);
    }

    public void Dispose()
    {
        _reservation.FenceAdded -= OnAdded;
        FenceSource[] left;
        FenceRegistration[] registrations;
        lock (_lock)
        {
            _ended = true;
            left = [.. _received.Values];
            registrations = [.. _sent.Values];
            _received.Clear();
            _foreign.Clear();
            _sent.Clear();
        }

        foreach (FenceRegistration registration in registrations)
        {
            registration.Dispose();
        }

        foreach (FenceSource source in left)
        {
            source.Dispose();
        }
    }

    private void OnAdded(Fence fence, FenceUsage usage)
    {
        ulong number;
        lock (_lock)
        {
            if (_ended || _foreign.Contains(fence))
            {
                return;
            }

            number = ++_last;
        }

        _connection.TrySend(MessageKind.Fence, 0, new MessageWriter().Add(1, _buffer).Add(2, number).Add(3, (ulong)usage));
        FenceRegistration registration = fence.OnSignaled(static (signaled, state) => ((Passing)state!).Signal(signaled), new Passing(this, number));
        lock (_lock)
        {
            if (!_ended && !fence.IsSignaled)
            {
                _sent[number] = registration;
            }
        }
    }

    private sealed class Passing(FenceBridge bridge, ulong number)
    {
        internal void Signal(Fence fence)
        {
            lock (bridge._lock)
            {
                bridge._sent.Remove(number);
            }

            bridge._connection.TrySend(MessageKind.Signaled, 0, new MessageWriter().Add(1, bridge._buffer).Add(2, number).Add(3, (ulong)fence.Error));
        }
    }
}
