namespace DmaBuf.Tests.Defects.Mutants;

/// <summary>
/// The exporter of patch 22 under the core of patch 21. Attach and the table's map look at the revoked flag; the list's map copies the vector and looks at
/// nothing (D-11), and the core hands the copy to the importer without a look at its contents (D-5, D-31).
/// </summary>
internal sealed class FirstPostedBar(params PhysicalRange[] vector) : ILentMemory
{
    private readonly Reservation _reservation = new();
    private bool _revoked;

    public int LiveLists { get; private set; }

    public Errno Attach() => _revoked ? Errno.ENODEV : Errno.None;

    public Errno MapList(out PhysicalRange[] ranges)
    {
        using ReservationLock held = _reservation.Lock();
        LiveLists++;
        ranges = [.. vector];
        return Errno.None;
    }

    public void UnmapList()
    {
        using ReservationLock held = _reservation.Lock();
        LiveLists--;
    }

    public Errno MapTable()
    {
        using ReservationLock held = _reservation.Lock();
        return _revoked ? Errno.ENODEV : Errno.None;
    }

    public void Move(bool revoked)
    {
        using ReservationLock held = _reservation.Lock();
        _revoked = revoked;
    }
}
