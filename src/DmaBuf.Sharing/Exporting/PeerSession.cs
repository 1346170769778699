namespace DmaBuf.Sharing;

/// <summary>One connected peer: what it asks is answered in its order, on one loop.</summary>
/// <remarks>All state belongs to the loop. When it ends, attachments are detached; memory that was not let go of goes into quarantine until the peer's process has ended.</remarks>
internal sealed class PeerSession(BufferServer server, PeerConnection connection)
{
    private readonly Dictionary<uint, RemoteAttachment> _attachments = [];
    private readonly Dictionary<string, MemoryCarrier> _carriers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FenceBridge> _bridges = new(StringComparer.Ordinal);
    private readonly RequestReader _requests = new(server.Options.Types);
    private PeerProcess? _process;
    private string? _name;
    private uint _lastRequest;

    internal void Stop() => connection.Stop();

    internal async Task RunAsync()
    {
        using (connection)
        {
            _process = connection.OpenPeerProcess();
            using CancellationTokenSource silent = new(server.Options.HelloTimeout);
            using (silent.Token.UnsafeRegister(static session => ((PeerSession)session!).StopIfSilent(), this))
            using (CancellationTokenSource exit = new())
            {
                Task watch = WatchAsync(exit.Token);
                await connection.RunAsync(Handle, failure => Refuse(0, failure)).ConfigureAwait(false);
                await exit.CancelAsync().ConfigureAwait(false);
                await watch.ConfigureAwait(false);
            }
        }

        End();
    }

    private void StopIfSilent()
    {
        if (_name is null)
        {
            connection.Stop();
        }
    }

    /// <summary>The process may end while its socket lives on in a child of it.</summary>
    private async Task WatchAsync(CancellationToken exit)
    {
        try
        {
            if (_process is { } process)
            {
                await process.WaitForExitAsync(exit).ConfigureAwait(false);
                connection.Stop();
            }
        }
        catch (OperationCanceledException)
        {
            // The connection ended first.
        }
    }

    private void Handle(Message message, DescriptorMessage received)
    {
        if (_name is null != (message.Kind == MessageKind.Hello))
        {
            throw ProtocolError.Of(_name is null ? $"{message.Kind} came before Hello" : "Hello came twice");
        }

        if (message.Kind is MessageKind.Hello or MessageKind.List or MessageKind.Attach)
        {
            Ask(message);
            return;
        }

        MessageMap body = message.Body;
        switch (message.Kind)
        {
            case MessageKind.Detach:
                Detach((uint)body.Number(1, uint.MaxValue));
                break;
            case MessageKind.Released:
                _carriers.GetValueOrDefault(body.Name(1))?.Released(body.Number(2));
                break;
            case MessageKind.Fence:
                FenceUsage usage = (FenceUsage)body.Number(3, (ulong)FenceUsage.Bookkeep);
                AddFence(body.Name(1), body.Number(2), usage != FenceUsage.Kernel ? usage : throw ProtocolError.Of("a client has no work of memory management"));
                break;
            case MessageKind.Signaled:
                _bridges.GetValueOrDefault(body.Name(1))?.Signal(body.Number(2), (Errno)body.Number(3, 4095));
                break;
            default:
                throw ProtocolError.Of($"{message.Kind} is not a client's to send");
        }
    }

    /// <summary>Requests are numbered upwards, so that none can be played twice; each has one answer.</summary>
    private void Ask(Message message)
    {
        if (message.Request <= _lastRequest)
        {
            throw ProtocolError.Of($"request {message.Request} came after request {_lastRequest}");
        }

        _lastRequest = message.Request;
        try
        {
            switch (message.Kind)
            {
                case MessageKind.Hello:
                    Welcome(message);
                    break;
                case MessageKind.List:
                    List(message.Request);
                    break;
                default:
                    Attach(message.Request, message.Body);
                    break;
            }
        }
        catch (DmaBufException refusal) when (refusal.Errno != Errno.EPROTO && _name is not null)
        {
            Refuse(message.Request, refusal);
        }
    }

    private void Welcome(Message message)
    {
        ulong lowest = message.Body.Number(1);
        ulong highest = message.Body.Number(2);
        string name = message.Body.Name(3);
        if (lowest > ProtocolLimits.Version || highest < ProtocolLimits.Version)
        {
            throw new DmaBufException(Errno.EPROTONOSUPPORT, $"A connection was refused: it speaks versions {lowest} to {highest} of the protocol, this side version {ProtocolLimits.Version}. Use a version that both speak.");
        }

        if (!server.Options.Policy.MayConnect(connection.Peer))
        {
            throw new DmaBufException(Errno.EACCES, $"A connection of user {connection.Peer.UserId} was refused: the policy of this server does not allow it.");
        }

        _name = $"{name}[{connection.Peer.ProcessId}]";
        connection.TrySend(MessageKind.Welcome, message.Request, new MessageWriter().Add(1, ProtocolLimits.Version));
    }

    private void List(uint request)
    {
        IEnumerable<(string Name, DmaBuffer Buffer)> allowed = server.List().Where(one => Allowed(one.Name, one.Buffer) is not null).Take(ProtocolLimits.MaximumElements / 8);
        connection.TrySend(MessageKind.Listing, request, new MessageWriter().Add(
            1, [.. allowed.Select(static one => new MessageWriter().Add(1, one.Name).Add(2, one.Buffer.Size).Add(3, one.Buffer.Exporter.Name))]));
    }

    private void Attach(uint request, MessageMap body)
    {
        string name = body.Name(1);
        string importer = body.Name(2);
        MappingRequestList requests = _requests.Read(body.Maps(3, ProtocolLimits.MaximumRequests));
        if (_attachments.Count >= server.Options.MaximumAttachments)
        {
            throw new DmaBufException(Errno.E2BIG, $"Attaching to '{name}' was refused: this connection has {_attachments.Count} attachments, and no more are allowed. Detach some.");
        }

        DmaBuffer buffer = server.Find(name);
        CpuAccess granted = Allowed(name, buffer) ?? throw new DmaBufException(Errno.EACCES, $"Attaching to '{name}' was refused: the policy of its exporter does not allow it for user {connection.Peer.UserId}.");
        if (!buffer.TryAttach(new RemoteImporter($"{importer}[{connection.Peer.ProcessId}]"), requests, out Attachment? attachment, out Negotiation? failure))
        {
            throw new NegotiationFailedException(failure);
        }

        try
        {
            Answer(request, name, attachment, granted);
        }
        catch
        {
            attachment.Dispose();
            throw;
        }
    }

    private void Answer(uint request, string name, Attachment attachment, CpuAccess granted)
    {
        SharedMappingType type = server.Options.Types.First(one => one.Codec.Type == attachment.Type);
        SharedGrant grant = type.Grant(attachment);
        if (grant.Facts.Length > ProtocolLimits.MaximumFactsBytes)
        {
            throw new DmaBufException(Errno.E2BIG, $"Attaching to '{name}' was refused: {type.Codec.Type} sends {grant.Facts.Length} bytes along, at most {ProtocolLimits.MaximumFactsBytes} are possible.");
        }

        MemoryCarrier? carrier = grant.NeedsMemory ? Carry(name, attachment.Buffer, granted) : null;
        if (!_bridges.ContainsKey(name))
        {
            FenceBridge bridge = new(name, attachment.Buffer.Reservation, connection);
            _bridges[name] = bridge;
            bridge.SendPending();
        }

        _attachments[request] = new RemoteAttachment(name, attachment, carrier);
        if (carrier is not null)
        {
            carrier.Users++;
        }

        connection.TrySend(MessageKind.Attached, request, new MessageWriter()
            .Add(1, (ulong)attachment.RequestIndex).Add(2, (ulong)attachment.CostBound).Add(3, attachment.Buffer.Size)
            .Add(4, attachment.Buffer.Exporter.Name).Add(5, grant.Facts.Span).Add(6, grant.NeedsMemory ? 1UL : 0UL));
    }

    private MemoryCarrier Carry(string name, DmaBuffer buffer, CpuAccess granted)
    {
        if (!_carriers.TryGetValue(name, out MemoryCarrier? carrier))
        {
            carrier = MemoryCarrier.Create(_name!, name, buffer, connection, granted);
            _carriers[name] = carrier;
        }

        return carrier;
    }

    private void Detach(uint number)
    {
        if (!_attachments.Remove(number, out RemoteAttachment? ended))
        {
            throw ProtocolError.Of($"attachment {number} was to end, and there is none");
        }

        ended.Attachment.Dispose();
        if (ended.Carrier is { } carrier && --carrier.Users == 0)
        {
            _carriers.Remove(ended.Buffer);
            carrier.Dispose();
        }

        if (_attachments.Values.All(one => one.Buffer != ended.Buffer) && _bridges.Remove(ended.Buffer, out FenceBridge? bridge))
        {
            bridge.Dispose();
        }
    }

    private void AddFence(string name, ulong number, FenceUsage usage)
    {
        // An attachment that has ended meanwhile takes its fences along.
        if (!_bridges.TryGetValue(name, out FenceBridge? bridge) || _attachments.Values.FirstOrDefault(one => one.Buffer == name) is not { } one)
        {
            return;
        }

        Fence fence = bridge.Receive(number);
        try
        {
            using ReservationLock held = one.Attachment.Buffer.Reservation.Lock();
            one.Attachment.AddFence(in held, fence, usage);
        }
        catch (DmaBufException revoked) when (revoked.Errno == Errno.ENODEV)
        {
            // No new work may begin; the peer is being told.
        }
    }

    private CpuAccess? Allowed(string name, DmaBuffer buffer) => server.Options.Policy.MayAttach(connection.Peer, name, buffer);

    private void Refuse(uint request, DmaBufException refusal)
    {
        MessageWriter answer = new MessageWriter().Add(1, (ulong)refusal.Errno).Add(2, Bounded.Text(refusal.Message, ProtocolLimits.MaximumReasonBytes));
        if (refusal is NegotiationFailedException failed)
        {
            string table = NegotiationJson.Write(failed.Negotiation);
            if (System.Text.Encoding.UTF8.GetByteCount(table) <= ProtocolLimits.MaximumTableBytes)
            {
                answer.Add(3, table);
            }
        }

        connection.TrySend(MessageKind.Refused, request, answer);
    }

    private void End()
    {
        foreach (FenceBridge bridge in _bridges.Values)
        {
            bridge.Dispose();
        }

        foreach (RemoteAttachment one in _attachments.Values)
        {
            one.Attachment.Dispose();
        }

        server.Quarantine.Adopt(connection.Peer.ProcessId, _process, [.. _carriers.Values]);
    }
}
