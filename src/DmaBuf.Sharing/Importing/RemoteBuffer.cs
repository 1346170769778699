namespace DmaBuf.Sharing;

/// <summary>A buffer of another process, as this connection has it: its memory, its fences, and one <see cref="DmaBuffer"/> of this process for each attach.</summary>
/// <remarks>
/// The local buffers share one reservation, which carries the exporter's fences. What the exporter says (memory, reclaim) comes in order on the connection's loop; what waits for this
/// process's users runs beside it.
/// </remarks>
internal sealed class RemoteBuffer : IDisposable
{
    // Of the time that the exporter leaves, this process's users get three quarters; the rest is for the answer.
    private const double ShareOfDeadline = 0.75;

    private readonly Lock _lock = new();
    private readonly PeerConnection _connection;
    private readonly List<DmaBuffer> _locals = [];
    private RemoteMemory? _memory;
    private bool _revoked;
    private bool _ended;

    internal RemoteBuffer(string name, PeerConnection connection)
    {
        Name = name;
        _connection = connection;
        Bridge = new FenceBridge(name, Reservation, connection);
        View = new SharedMemoryView(this);
    }

    internal string Name { get; }

    internal Reservation Reservation { get; } = new();

    internal FenceBridge Bridge { get; }

    internal SharedMemoryView View { get; }

    internal bool HasMemory { get; private set; }

    internal ulong Size { get; private set; }

    internal CpuAccess Access { get; private set; }

    internal MemorySeals Seals { get; private set; }

    internal bool IsHuge { get; private set; }

    /// <summary>Attaches that live or are being asked for; guarded by the client's lock.</summary>
    internal int Uses { get; set; }

    internal RemoteMemory Enter()
    {
        lock (_lock)
        {
            return _memory ?? throw new DmaBufException(Errno.EAGAIN, $"Reaching '{Name}' was refused: its memory is away, because its exporter took it back or moves it. Map again when it is back.");
        }
    }

    /// <summary>The memory is here: for the first time, after a move, or after a revoke. Checked before it is used; the file is adopted.</summary>
    /// <exception cref="DmaBufException">EPERM, EINVAL: it is not what the message says. The descriptor stays the message's.</exception>
    internal void Arrived(DescriptorMessage received, ulong generation, ulong size, CpuAccess access)
    {
        if (HasMemory && size != Size)
        {
            throw ProtocolError.Of($"'{Name}' has {Size} bytes and came back with {size}");
        }

        Microsoft.Win32.SafeHandles.SafeFileHandle descriptor = received.TakeDescriptor(0);
        MemoryFile file;
        try
        {
            file = MemoryFile.Adopt(descriptor, new MemoryFileRequirements { MinimumLength = size, ReadOnly = access == CpuAccess.Read });
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }

        Size = size;
        Access = access;
        Seals = file.Seals;
        IsHuge = file.Facts.Kind == OpenFileKind.HugePageMemoryFile;
        HasMemory = true;
        DmaBuffer[] revoked;
        RemoteMemory? old;
        lock (_lock)
        {
            old = _memory;
            _memory = new RemoteMemory(file, generation);
            revoked = _revoked ? [.. _locals] : [];
            _revoked = false;
            if (_ended)
            {
                _memory.Close();
            }
        }

        old?.Close();
        foreach (DmaBuffer local in revoked)
        {
            _ = UnrevokeAsync(local);
        }
    }

    /// <summary>The exporter wants the memory back: nobody maps it any more, users are told, and the answer follows when the last one has gone.</summary>
    internal void Reclaim(ulong generation, bool revoke, TimeSpan deadline)
    {
        RemoteMemory memory;
        DmaBuffer[] locals;
        lock (_lock)
        {
            if (_memory is null || _memory.Generation != generation)
            {
                return;
            }

            memory = _memory;
            _memory = null;
            _revoked |= revoke;
            locals = [.. _locals];
        }

        memory.Close();
        _ = ReclaimAsync(memory, locals, revoke, deadline);
    }

    /// <summary>Lists the buffer of an attach; if the memory was taken away meanwhile, from this one, too.</summary>
    internal void Add(DmaBuffer local)
    {
        bool revoked;
        lock (_lock)
        {
            _locals.Add(local);
            revoked = _revoked || _ended;
        }

        if (revoked)
        {
            _ = local.RevokeAsync(TimeSpan.Zero).AsTask();
        }
    }

    internal void Remove(DmaBuffer local)
    {
        lock (_lock)
        {
            _locals.Remove(local);
        }
    }

    /// <summary>The connection has ended: the memory is taken from everybody in this process, for good.</summary>
    internal async Task EndAsync()
    {
        DmaBuffer[] locals;
        lock (_lock)
        {
            _ended = true;
            locals = [.. _locals];
        }

        Bridge.Dispose();
        foreach (DmaBuffer local in locals)
        {
            try
            {
                await local.CloseAsync(TimeSpan.Zero).ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                // Its last attachment has just gone.
            }
        }

        Dispose();
    }

    public void Dispose()
    {
        RemoteMemory? memory;
        lock (_lock)
        {
            _ended = true;
            memory = _memory;
            _memory = null;
        }

        Bridge.Dispose();
        memory?.Close();
    }

    private static async Task UnrevokeAsync(DmaBuffer local)
    {
        try
        {
            await local.UnrevokeAsync().ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is ObjectDisposedException or DmaBufException)
        {
            // Its last attachment has gone, or somebody here still holds the old memory in quarantine: then it stays revoked.
        }
    }

    private async Task ReclaimAsync(RemoteMemory memory, DmaBuffer[] locals, bool revoke, TimeSpan deadline)
    {
        await Task.Yield();
        foreach (DmaBuffer local in locals)
        {
            Tell(local, revoke);
        }

        if (revoke)
        {
            TimeSpan mine = deadline == Timeout.InfiniteTimeSpan ? deadline : deadline * ShareOfDeadline;
            await Task.WhenAll(locals.Select(local => RevokeAsync(local, mine))).ConfigureAwait(false);
        }

        await memory.Gone.ConfigureAwait(false);
        _connection.TrySend(MessageKind.Released, 0, new MessageWriter().Add(1, Name).Add(2, memory.Generation));
    }

    private static void Tell(DmaBuffer local, bool revoke)
    {
        if (revoke)
        {
            return;
        }

        try
        {
            using ReservationLock held = local.Reservation.Lock();
            local.Invalidate(in held);
        }
        catch (DmaBufException busy) when (busy.Errno is Errno.EBUSY or Errno.ENODEV)
        {
            // Mapped by an importer that cannot be told: the exporter waits until it unmaps.
        }
    }

    private static async Task RevokeAsync(DmaBuffer local, TimeSpan deadline)
    {
        try
        {
            await local.RevokeAsync(deadline).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // Its last attachment has just gone.
        }
    }
}
