namespace DmaBuf;

/// <summary>A buffer's physical ranges, checked and lent to an importer that may see them.</summary>
/// <remarks>Safe for all threads. The addresses are good until unmap, and not after a revoke has ended.</remarks>
public sealed class PhysicalAddressListMapping : Mapping
{
    private readonly PhysicalAddressList _list;

    internal PhysicalAddressListMapping(in MapTicket ticket, PhysicalAddressList list, MappingCost cost)
        : base(in ticket, cost) => _list = list;

    /// <summary>Begins reading the list. Allocates nothing.</summary>
    /// <returns>The lease; dispose it once the page tables are written.</returns>
    /// <exception cref="DmaBufException">ENODEV: revoked.</exception>
    /// <exception cref="ObjectDisposedException">Unmapped.</exception>
    public PhysicalAddressListLease ReadList() => new(_list, EnterAccess());

    /// <inheritdoc/>
    protected internal override void Unmap(in ReservationLock held)
        => ((PhysicalAddressListAttachment)Attachment).Source.GiveBack(Attachment, _list, in held);
}
