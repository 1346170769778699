namespace DmaBuf.Bench;

/// <summary>The smallest mapping: its gate.</summary>
internal sealed class BenchMapping(in MapTicket ticket) : Mapping(in ticket, MappingCost.None)
{
    /// <summary>Begins an access, as a typed mapping does for its lease.</summary>
    public AccessScope Enter() => EnterAccess();

    protected internal override void Unmap(in ReservationLock held)
    {
        // Nothing was mapped beyond the gate.
    }
}
