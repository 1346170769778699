namespace DmaBuf.Machine;

/// <content>Single accesses, the channels that make them, and what a test puts in their way.</content>
public sealed partial class DmaEngineDevice
{
    private DmaFaultInjection? _injection;

    /// <summary>What goes wrong with the accesses of this device, to be read and replaced at any time; null: nothing.</summary>
    public DmaFaultInjection? Injection
    {
        get => Volatile.Read(ref _injection);
        set => Volatile.Write(ref _injection, value);
    }

    internal DmaFaultLog Faults => _identity.Faults;

    /// <summary>Makes a queue of work. Channels of one device work side by side; a channel costs nothing while it is idle.</summary>
    /// <param name="name">For dumps; not blank.</param>
    public DmaChannel CreateChannel(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return new DmaChannel(this, name);
    }

    /// <summary>One access of a transfer.</summary>
    /// <returns>Bytes read, at least one; zero: the transfer was decided meanwhile.</returns>
    /// <exception cref="DmaBufException">EFAULT: nothing was read.</exception>
    internal int ReadSome(DmaAddress address, Span<byte> destination, DmaTransfer transfer) => MakeAccess(WithinReach(address, new DmaPayload(destination)), address, transfer);

    /// <summary>One access of a transfer.</summary>
    /// <returns>Bytes written, at least one; zero: the transfer was decided meanwhile.</returns>
    /// <exception cref="DmaBufException">EFAULT: nothing was written.</exception>
    internal int WriteSome(DmaAddress address, ReadOnlySpan<byte> source, DmaTransfer transfer) => MakeAccess(WithinReach(address, new DmaPayload(source)), address, transfer);

    private int MakeAccess(DmaPayload payload, DmaAddress address, DmaTransfer? transfer)
    {
        if (Injection is not { } injection)
        {
            return MovePiece(address, payload);
        }

        // Before any gate or lock is entered, so that what is injected may remove, unmap and abort.
        int admitted = injection.Admit(new DmaInjectedAccess(this, transfer, payload.Access, address), payload.Length);
        if (transfer is { IsDecided: true })
        {
            return 0;
        }

        int count = MovePiece(address, payload.First(admitted));
        injection.CountMoved(payload.Access, count);
        return count;
    }

    private DmaPayload WithinReach(DmaAddress address, DmaPayload payload)
    {
        if (address > _identity.LastAddress)
        {
            throw _identity.Faults.Stop(Name, address, payload.Access, DmaFaultReason.OutOfReach);
        }

        ulong room = _identity.LastAddress.Value - address.Value;
        return (ulong)payload.Length - 1 > room ? payload.First((int)room + 1) : payload;
    }
}
