namespace DmaBuf.Sharing;

/// <summary>
/// A buffer's memory as one peer has it: a descriptor attachment of the exporter's process whose mapping lives as long as the peer may hold the memory. It is what a revoke waits for.
/// </summary>
/// <remarks>
/// <para>Generations: each descriptor that is sent has a number; an answer to an older one changes nothing. State is guarded by the buffer's reservation lock, under which
/// <see cref="DynamicImporter.OnInvalidate"/> comes; messages are only queued there.</para>
/// <para>Read-only is write seals and nothing else: with <see cref="CpuAccess.Read"/> granted, memory without them is refused.</para>
/// </remarks>
internal sealed class MemoryCarrier : DynamicImporter, IDisposable
{
    private readonly PeerConnection _connection;
    private readonly DmaBuffer _buffer;
    private readonly CpuAccess _granted;
    private DescriptorAttachment? _attachment;
    private DescriptorMapping? _mapping;
    private ulong _generation;
    private InvalidateReason? _reclaiming;
    private bool _ended;

    private MemoryCarrier(string importer, string name, DmaBuffer buffer, PeerConnection connection, CpuAccess granted)
        : base(importer)
    {
        BufferName = name;
        _buffer = buffer;
        _connection = connection;
        _granted = granted;
    }

    internal string BufferName { get; }

    internal int Users { get; set; }

    internal CpuAccess Access { get; private set; }

    /// <summary>Attaches, opens the descriptor and queues it.</summary>
    /// <exception cref="DmaBufException">EPERM: memory that is to be read alone has no write seals; else as attaching and mapping.</exception>
    internal static MemoryCarrier Create(string importer, string name, DmaBuffer buffer, PeerConnection connection, CpuAccess granted)
    {
        MemoryCarrier carrier = new(importer, name, buffer, connection, granted);
        DescriptorNeeds needs = new() { Kinds = DescriptorKind.MemoryFile | DescriptorKind.HugeMemoryFile };
        DescriptorAttachment attachment = buffer.Attach(carrier, DescriptorMappingType.Request(needs));
        try
        {
            carrier.Begin(attachment);
            return carrier;
        }
        catch
        {
            carrier.Dispose();
            throw;
        }
    }

    /// <summary>The peer let go of a generation.</summary>
    internal void Released(ulong generation)
    {
        bool moved = false;
        using (ReservationLock held = _buffer.Reservation.Lock())
        {
            if (generation != _generation || _mapping is null || _reclaiming is null || _ended)
            {
                return;
            }

            moved = _reclaiming == InvalidateReason.Move;
            _attachment!.UnmapDescriptorLocked(in held, _mapping);
            _mapping = null;
            _reclaiming = null;
        }

        if (moved)
        {
            _ = FollowAsync();
        }
    }

    protected override void OnInvalidate(Attachment attachment, InvalidateReason reason, in ReservationLock held)
    {
        if (reason == InvalidateReason.Unrevoke)
        {
            if (_mapping is null && _attachment is not null && !_ended)
            {
                MapLocked(in held);
            }

            return;
        }

        if (_mapping is null)
        {
            return;
        }

        _reclaiming = reason;
        MessageWriter message = new MessageWriter().Add(1, BufferName).Add(2, _generation).Add(3, reason == InvalidateReason.Move ? 0UL : 1UL);
        TimeSpan left = reason == InvalidateReason.Revoke ? _buffer.RevokeTimeLeft : Timeout.InfiniteTimeSpan;
        if (left != Timeout.InfiniteTimeSpan)
        {
            message.Add(4, (ulong)Math.Min(left.TotalMilliseconds, int.MaxValue));
            _ = CutOffAsync(_generation, left);
        }

        _connection.TrySend(MessageKind.Reclaim, 0, message);
    }

    /// <summary>Lets go: whoever is behind it has ended or let go.</summary>
    public void Dispose()
    {
        using (ReservationLock held = _buffer.Reservation.Lock())
        {
            if (_ended)
            {
                return;
            }

            _ended = true;
            if (_mapping is { } mapping)
            {
                _attachment!.UnmapDescriptorLocked(in held, mapping);
                _mapping = null;
            }
        }

        _attachment?.Dispose();
    }

    private void Begin(DescriptorAttachment attachment)
    {
        using ReservationLock held = _buffer.Reservation.Lock();
        _attachment = attachment;
        DescriptorSeals seals = attachment.Facts.Seals;
        bool readOnly = (seals & (DescriptorSeals.Write | DescriptorSeals.FutureWrite)) != 0 && seals.HasFlag(DescriptorSeals.Seal);
        if (_granted == CpuAccess.Read && !readOnly)
        {
            throw new DmaBufException(
                Errno.EPERM,
                $"Attaching '{Name}' to '{BufferName}' was refused: it may only read, and the memory has the seals {seals}, so nothing would stop it from writing. Seal it with MemorySeals.ReadOnly.");
        }

        Access = readOnly ? CpuAccess.Read : CpuAccess.ReadWrite;
        MapLocked(in held);
    }

    private void MapLocked(in ReservationLock held)
    {
        _mapping = _attachment!.MapDescriptorLocked(in held);
        _generation++;
        using DescriptorLease lease = _mapping.Borrow();
        _connection.TrySend(
            MessageKind.Memory,
            0,
            new MessageWriter().Add(1, BufferName).Add(2, _generation).Add(3, _buffer.Size).Add(4, (ulong)Access),
            lease.Handle);
    }

    /// <summary>After a move: waits until the memory has arrived, and sends the new descriptor.</summary>
    private async Task FollowAsync()
    {
        await _buffer.Reservation.Snapshot(FenceUsage.Kernel).WaitAsync().ConfigureAwait(false);
        try
        {
            using ReservationLock held = _buffer.Reservation.Lock();
            if (_mapping is null && !_ended)
            {
                MapLocked(in held);
            }
        }
        catch (DmaBufException)
        {
            // Revoked meanwhile, or no descriptor is left: the un-revoke maps again, or the peer's maps go on failing with EAGAIN.
        }
    }

    /// <summary>The deadline came without an answer: the peer is cut off, and the revoke names this importer.</summary>
    private async Task CutOffAsync(ulong generation, TimeSpan left)
    {
        await Task.Delay(left).ConfigureAwait(false);
        if (!_ended && _mapping is not null && generation == _generation)
        {
            _connection.Stop();
        }
    }
}
