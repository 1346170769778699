namespace DmaBuf;

/// <summary>What the rules of wound/wait have to know about one who holds or wants a reservation.</summary>
/// <param name="Stamp">Age, unique in the process; the lower, the older.</param>
/// <param name="HasTicket">False for a plain <see cref="Reservation.Lock"/>, which holds nothing else, so that nobody gains by wounding it.</param>
/// <param name="IsWounded">An older party wants something that this one holds.</param>
/// <param name="HeldCount">How many reservations it holds already.</param>
internal readonly record struct LockParty(ulong Stamp, bool HasTicket, bool IsWounded, int HeldCount)
{
    public static LockParty WithoutTicket(ulong stamp) => new(stamp, HasTicket: false, IsWounded: false, HeldCount: 0);

    public bool IsOlderThan(LockParty other) => Stamp < other.Stamp;
}
