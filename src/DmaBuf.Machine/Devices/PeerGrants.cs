namespace DmaBuf.Machine;

/// <summary>The peers' bus addresses that a device was told of by its tables, counted: what no live table names is not reached.</summary>
/// <remarks>
/// The lock is held for looking up only, never while bytes move: a peer's registers are its driver's code, which may take long, or call this device. So an access is entered and left, and a
/// withdrawal waits for those that had entered before it where they overlap; not for the one that its own thread is inside, which would never end.
/// </remarks>
internal sealed class PeerGrants
{
    private readonly object _gate = new();
    private readonly GrantedRanges _granted = new();
    private readonly List<Access> _inside = [];
    private long _entered;

    public void Grant(ReadOnlySpan<ScatterGatherEntry> entries, DmaDirection direction)
    {
        lock (_gate)
        {
            foreach (ScatterGatherEntry entry in entries)
            {
                _granted.Grant(ExtentOf(entry), direction);
            }
        }
    }

    public void Withdraw(ReadOnlySpan<ScatterGatherEntry> entries, DmaDirection direction)
    {
        lock (_gate)
        {
            foreach (ScatterGatherEntry entry in entries)
            {
                _granted.Withdraw(ExtentOf(entry), direction);
            }

            long before = _entered;
            while (IsAnyInside(entries, before))
            {
                Monitor.Wait(_gate);
            }
        }
    }

    /// <summary>Begins an access to as much as one grant permits, at most <paramref name="count"/> bytes, which then says how many; or says why there is none.</summary>
    public DmaFaultReason? TryEnter(DmaAddress address, DmaAccess access, ref int count, out long ticket)
    {
        lock (_gate)
        {
            ticket = 0;
            if (!_granted.TryFind(address.Value, out GrantedRange granted))
            {
                return DmaFaultReason.NotMapped;
            }

            if (!granted.Permits(access))
            {
                return DmaFaultReason.Permission;
            }

            count = (int)Math.Min(granted.Addresses.End - address.Value, (ulong)count);
            ticket = ++_entered;
            _inside.Add(new Access(ticket, new Extent(address.Value, address.Value + (ulong)count), Environment.CurrentManagedThreadId));
            return null;
        }
    }

    public void Leave(long ticket)
    {
        lock (_gate)
        {
            _inside.RemoveAt(_inside.FindIndex(access => access.Ticket == ticket));
            Monitor.PulseAll(_gate);
        }
    }

    private bool IsAnyInside(ReadOnlySpan<ScatterGatherEntry> entries, long before)
    {
        foreach (Access access in _inside)
        {
            if (access.Ticket <= before && access.Thread != Environment.CurrentManagedThreadId && Touches(access.Addresses, entries))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Touches(Extent addresses, ReadOnlySpan<ScatterGatherEntry> entries)
    {
        foreach (ScatterGatherEntry entry in entries)
        {
            Extent extent = ExtentOf(entry);
            if (addresses.Start < extent.End && extent.Start < addresses.End)
            {
                return true;
            }
        }

        return false;
    }

    private static Extent ExtentOf(ScatterGatherEntry entry) => new(entry.Address.Value, entry.Address.Value + entry.Length);

    private readonly record struct Access(long Ticket, Extent Addresses, int Thread);
}
