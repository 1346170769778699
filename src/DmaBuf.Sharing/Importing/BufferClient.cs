namespace DmaBuf.Sharing;

/// <summary>A connection to a <see cref="BufferServer"/> of another process: lists its buffers and attaches to them.</summary>
/// <remarks>
/// <para>What an attach gives is an attachment of this process, to a <see cref="DmaBuffer"/> of this process that stands for the remote one: leases, revokes, fences and leak checks work as
/// everywhere. The exporter's process negotiates; its revokes and moves reach the attachment, and its end, or this connection's, ends the buffer (ENODEV).</para>
/// <para>Safe for all threads. Dispose ends the connection and takes the memory from all of its attachments, which stay their owners' to dispose.</para>
/// </remarks>
public sealed class BufferClient : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly PeerConnection _connection;
    private readonly BufferClientOptions _options;
    private readonly Dictionary<uint, TaskCompletionSource<Message>> _asked = [];
    private readonly Dictionary<string, RemoteBuffer> _buffers = new(StringComparer.Ordinal);
    private readonly Task<DmaBufException?> _running;
    private uint _lastRequest;
    private bool _ended;

    private BufferClient(DescriptorSocket socket, BufferClientOptions options)
    {
        _connection = new PeerConnection(socket);
        _options = options;
        _running = RunAsync();
    }

    /// <summary>The exporter's process, as the kernel knows it.</summary>
    public PeerCredentials Peer => _connection.Peer;

    /// <summary>Completes when the connection has ended; with the reason if the other side broke the protocol or refused, else with null.</summary>
    public Task<DmaBufException?> Ended => _running;

    /// <summary>Connects, and agrees on a version.</summary>
    /// <param name="address">Where the server listens.</param>
    /// <param name="options">Name, types, registry; null for the defaults.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DmaBufException">As <see cref="DescriptorSocket.Connect"/>. EACCES: the server's policy refuses this user. EPROTONOSUPPORT: no common version. ENOTCONN: it ended the connection.</exception>
    public static async Task<BufferClient> ConnectAsync(string address, BufferClientOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new BufferClientOptions();
        BufferClient client = new(DescriptorSocket.Connect(address), options);
        try
        {
            MessageWriter hello = new MessageWriter().Add(1, ProtocolLimits.Version).Add(2, ProtocolLimits.Version).Add(3, options.Name);
            Message answer = await client.AskAsync(MessageKind.Hello, hello, MessageKind.Welcome, cancellationToken).ConfigureAwait(false);
            return answer.Body.Number(1) == ProtocolLimits.Version ? client : throw ProtocolError.Of("the server chose a version that was not offered");
        }
        catch
        {
            await client.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The buffers that this process may attach to.</summary>
    /// <exception cref="DmaBufException">ENOTCONN: the connection has ended. EPROTO: the answer was not as agreed.</exception>
    public async Task<IReadOnlyList<SharedBufferDescription>> ListAsync(CancellationToken cancellationToken = default)
    {
        Message answer = await AskAsync(MessageKind.List, new MessageWriter(), MessageKind.Listing, cancellationToken).ConfigureAwait(false);
        return [.. answer.Body.Maps(1, ProtocolLimits.MaximumElements).Select(static one => new SharedBufferDescription(one.Name(1), one.Number(2), one.Text(3, ProtocolLimits.MaximumNameBytes)))];
    }

    /// <summary>Attaches with one typed request; see the form with several.</summary>
    /// <inheritdoc cref="AttachAsync(string, DmaBufferImporter, MappingRequestList, CancellationToken)"/>
    /// <param name="buffer">The name that the buffer is shared under.</param>
    /// <param name="importer">Who attaches.</param>
    /// <param name="request">What it can accept.</param>
    /// <param name="cancellationToken">Ends the wait; an attach that was agreed on meanwhile is undone.</param>
    public async Task<TAttachment> AttachAsync<TAttachment>(string buffer, DmaBufferImporter importer, MappingRequest<TAttachment> request, CancellationToken cancellationToken = default)
        where TAttachment : Attachment
    {
        ArgumentNullException.ThrowIfNull(request);
        return (TAttachment)await AttachAsync(buffer, importer, [request], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Attaches to a remote buffer: its exporter's process negotiates, and what was agreed on is attached here.</summary>
    /// <param name="buffer">The name that the buffer is shared under.</param>
    /// <param name="importer">Who attaches.</param>
    /// <param name="requests">What it can accept, in its order of preference.</param>
    /// <param name="cancellationToken">Ends the wait; an attach that was agreed on meanwhile is undone.</param>
    /// <returns>The attachment, owned by the caller. Its buffer stands for the remote one and lives as long as it.</returns>
    /// <exception cref="NegotiationFailedException">The two did not agree: the same table as in the exporter's process.</exception>
    /// <exception cref="DmaBufException">ENOENT: nothing is shared under that name. EACCES: the policy refuses. EPERM: reading alone cannot be enforced. ENOTCONN: the connection has ended.</exception>
    public async Task<Attachment> AttachAsync(string buffer, DmaBufferImporter importer, MappingRequestList requests, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(importer);
        ArgumentNullException.ThrowIfNull(requests);
        if (requests.Count > ProtocolLimits.MaximumRequests)
        {
            throw new DmaBufException(Errno.E2BIG, $"Attaching to '{buffer}' with {requests.Count} requests was refused: at most {ProtocolLimits.MaximumRequests} cross at a time.");
        }

        RemoteBuffer remote = Use(buffer);
        uint number = 0;
        try
        {
            MessageWriter question = new MessageWriter().Add(1, buffer).Add(2, importer.Name).Add(3, [.. requests.Select(Write)]);
            (number, Task<Message> answered) = Ask(MessageKind.Attach, question);
            Message answer = await WaitAsync(answered, MessageKind.Attached, () => _ = UndoAsync(answered, number), cancellationToken).ConfigureAwait(false);
            return Finish(remote, number, answer.Body, importer, requests);
        }
        catch
        {
            Unuse(remote);
            throw;
        }
    }

    /// <summary>Ends the connection; see the class.</summary>
    public async ValueTask DisposeAsync()
    {
        _connection.Stop();
        await _running.ConfigureAwait(false);
    }

    private Attachment Finish(RemoteBuffer remote, uint number, MessageMap agreed, DmaBufferImporter importer, MappingRequestList requests)
    {
        DmaBuffer? local = null;
        int released = 0;
        try
        {
            MappingRequest request = requests[(int)agreed.Number(1, (ulong)(requests.Count - 1))];
            SharedMappingType type = _options.Types.FirstOrDefault(one => one.Codec.Type == request.Type) ?? throw ProtocolError.Of($"{request.Type} was agreed on, which does not cross here");
            bool hasMemory = agreed.Number(6, 1) == 1;
            ulong size = agreed.Number(3);
            if (hasMemory && (!remote.HasMemory || remote.Size != size))
            {
                throw ProtocolError.Of($"'{remote.Name}' was attached without its memory");
            }

            MappingOffer offer = type.Accept(agreed.Bytes(5, ProtocolLimits.MaximumFactsBytes), hasMemory ? remote.View : null);
            RemoteExporter exporter = new(agreed.Name(4), offer, () =>
            {
                if (Interlocked.Exchange(ref released, 1) == 0)
                {
                    End(remote, number, local!);
                }
            });
            string? name = System.Text.Encoding.UTF8.GetByteCount(remote.Name) <= DmaBuffer.MaximumNameLength ? remote.Name : null;
            local = DmaBuffer.Export(exporter, size, new DmaBufferExportOptions { Name = name, Reservation = remote.Reservation, Registry = _options.Registry });
            Attachment attachment = local.Attach(importer, [request]);
            remote.Add(local);
            local.Dispose();
            return attachment;
        }
        catch
        {
            // What was agreed on there is undone; the caller gives the use back.
            released = 1;
            local?.Dispose();
            Detach(number);
            throw;
        }
    }

    private void End(RemoteBuffer remote, uint number, DmaBuffer local)
    {
        remote.Remove(local);
        Detach(number);
        Unuse(remote);
    }

    private void Detach(uint number) => _connection.TrySend(MessageKind.Detach, 0, new MessageWriter().Add(1, number));

    private RemoteBuffer Use(string name)
    {
        lock (_lock)
        {
            ThrowIfEnded();
            if (!_buffers.TryGetValue(name, out RemoteBuffer? remote))
            {
                _buffers[name] = remote = new RemoteBuffer(name, _connection);
            }

            remote.Uses++;
            return remote;
        }
    }

    private void Unuse(RemoteBuffer remote)
    {
        lock (_lock)
        {
            if (--remote.Uses > 0)
            {
                return;
            }

            if (_buffers.GetValueOrDefault(remote.Name) == remote)
            {
                _buffers.Remove(remote.Name);
            }
        }

        remote.Dispose();
    }

    private MessageWriter Write(MappingRequest request)
    {
        MessageWriter written = new MessageWriter()
            .Add(1, request.Type.Name).Add(2, (ulong)request.Type.Version)
            .Add(3, Bounded.Text(request.Description, ProtocolLimits.MaximumReasonBytes)).Add(4, (ulong)request.Ceiling);
        return _options.Types.FirstOrDefault(one => one.Codec.Type == request.Type) is { } type ? written.Add(5, type.Codec.WriteRequest(request)) : written;
    }

    private async Task<Message> AskAsync(MessageKind kind, MessageWriter question, MessageKind wanted, CancellationToken cancellationToken)
    {
        (_, Task<Message> answered) = Ask(kind, question);
        return await WaitAsync(answered, wanted, static () => { }, cancellationToken).ConfigureAwait(false);
    }

    private (uint Number, Task<Message> Answered) Ask(MessageKind kind, MessageWriter question)
    {
        TaskCompletionSource<Message> answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            ThrowIfEnded();
            uint number = ++_lastRequest;
            _asked[number] = answered;
            _connection.TrySend(kind, number, question); // under the lock, because the other side takes rising numbers only
            return (number, answered.Task);
        }
    }

    private static async Task<Message> WaitAsync(Task<Message> answered, MessageKind wanted, Action abandoned, CancellationToken cancellationToken)
    {
        Message answer;
        try
        {
            answer = await answered.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            abandoned();
            throw;
        }

        return answer.Kind == wanted ? answer : throw ProtocolError.Of($"{answer.Kind} came as the answer, {wanted} was due");
    }

    private async Task UndoAsync(Task<Message> answered, uint number)
    {
        try
        {
            await answered.ConfigureAwait(false);
            Detach(number);
        }
        catch (DmaBufException)
        {
            // Refused, or the connection has ended: nothing to undo.
        }
    }

    private void ThrowIfEnded()
    {
        if (_ended)
        {
            throw NotConnected();
        }
    }

    private static DmaBufException NotConnected() => new(Errno.ENOTCONN, "The connection to the other process has ended. Connect again.");

    private async Task<DmaBufException?> RunAsync()
    {
        DmaBufException? refused = null;
        DmaBufException? broken = await _connection.RunAsync((message, received) => refused = Handle(message, received) ?? refused, static _ => { }).ConfigureAwait(false);
        DmaBufException? why = refused ?? broken;
        TaskCompletionSource<Message>[] waiting;
        RemoteBuffer[] buffers;
        lock (_lock)
        {
            _ended = true;
            waiting = [.. _asked.Values];
            buffers = [.. _buffers.Values];
            _asked.Clear();
        }

        foreach (TaskCompletionSource<Message> one in waiting)
        {
            one.TrySetException(why ?? NotConnected());
        }

        foreach (RemoteBuffer buffer in buffers)
        {
            await buffer.EndAsync().ConfigureAwait(false);
        }

        return why;
    }

    /// <returns>A refusal that concerns the whole connection.</returns>
    private DmaBufException? Handle(Message message, DescriptorMessage received)
    {
        MessageMap body = message.Body;
        switch (message.Kind)
        {
            case MessageKind.Welcome or MessageKind.Listing or MessageKind.Attached:
                Asked(message.Request).TrySetResult(message);
                return null;
            case MessageKind.Refused when message.Request == 0:
                return Refusal.Read(body);
            case MessageKind.Refused:
                Asked(message.Request).TrySetException(Refusal.Read(body));
                return null;
        }

        RemoteBuffer? buffer;
        lock (_lock)
        {
            buffer = _buffers.GetValueOrDefault(body.Name(1));
        }

        if (buffer is not null)
        {
            Pass(message, received, buffer);
        }

        return null; // what concerns a buffer that was let go of meanwhile is dropped
    }

    private static void Pass(Message message, DescriptorMessage received, RemoteBuffer buffer)
    {
        MessageMap body = message.Body;
        switch (message.Kind)
        {
            case MessageKind.Memory:
                CpuAccess access = (CpuAccess)body.Number(4, (ulong)CpuAccess.ReadWrite);
                buffer.Arrived(
                    received, body.Number(2), body.Number(3, long.MaxValue), Enum.IsDefined(access) ? access : throw ProtocolError.Of("memory came for no access"));
                break;
            case MessageKind.Reclaim:
                buffer.Reclaim(body.Number(2), body.Number(3, 1) == 1, body.Has(4) ? TimeSpan.FromMilliseconds(body.Number(4, int.MaxValue)) : Timeout.InfiniteTimeSpan);
                break;
            case MessageKind.Fence:
                FenceUsage usage = (FenceUsage)body.Number(3, (ulong)FenceUsage.Bookkeep);
                Fence fence = buffer.Bridge.Receive(body.Number(2));
                using (ReservationLock held = buffer.Reservation.Lock())
                {
                    buffer.Reservation.AddFence(in held, fence, usage);
                }

                break;
            case MessageKind.Signaled:
                buffer.Bridge.Signal(body.Number(2), (Errno)body.Number(3, 4095));
                break;
            default:
                throw ProtocolError.Of($"{message.Kind} is not a server's to send");
        }
    }

    private TaskCompletionSource<Message> Asked(uint number)
    {
        lock (_lock)
        {
            return _asked.Remove(number, out TaskCompletionSource<Message>? asked) ? asked : throw ProtocolError.Of($"an answer to request {number} came, which nobody waits for");
        }
    }
}
